-- The clock. Part of every script: script.py puts it first, after `root` and the constants.

local function clock(given) -- ms since 1970: a test's, or the server's own where that is 0
  given = tonumber(given)
  if given ~= 0 then return given end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function stamp(ms)
  return string.format('%.0f', ms)
end
