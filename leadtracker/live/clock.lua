-- Milliseconds since 1970: a test's, or where that is 0 the server's own.
local function clock(given)
  if given ~= '0' then return tonumber(given) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function stamp(ms)
  return string.format('%.0f', ms)
end
