-- Which of the idle numbers a new visitor gets. Part of acquire.lua. Uses lease.lua and idle.lua.

local LOOK = 6 -- the longest idle numbers are compared
local X_GROUP = 10 -- as root:x, of a number that rested with the visitor's group
-- A past holder of another region, or another topic, is so much less taken for the new one.
local DIFFER = 0.3

-- The number whose past holders the visitor is least taken for; of equals the longest idle.
-- `heads` are DIDs, and when their holders were last seen, in turn.
local function calmest(heads, region, topic, now)
  local fields = { 'w:all' }
  if region ~= '' then fields[#fields + 1] = 'w:r:' .. region end
  if topic ~= '' then fields[#fields + 1] = 'w:t:' .. topic end
  local best, least
  for i = 1, #heads, 2 do
    local w = redis.call('HMGET', root .. ':did:' .. heads[i], unpack(fields))
    local all = heat(w[1], now)
    local strength = all
    for n = 2, all > 0 and #fields or 0 do
      strength = strength * (DIFFER + (1 - DIFFER) * heat(w[n], now) / all)
    end
    if not least or strength < least then best, least = heads[i], strength end
  end
  return best
end

-- Returns a DID and how it was chosen; nil and '' when none is idle.
local function choose(source, region, topic, x, now)
  local function heads(key, n)
    return redis.call('ZRANGE', root .. key, 0, n - 1, 'WITHSCORES')
  end
  local first = heads(':idle', 1)
  if not first[1] then return nil, '' end
  local oldest = now - first[2]
  local function may_be(some, times)
    return some[1] and oldest <= times * math.max(1000, now - some[2])
  end
  local same = heads(':idle:s:' .. source, LOOK)
  if may_be(same, x) then return calmest(same, region, topic, now), 'source' end
  local group = group_of(source)
  same = group ~= '' and heads(':idle:g:' .. group, LOOK) or {}
  if may_be(same, X_GROUP) then return calmest(same, region, topic, now), 'group' end
  return calmest(heads(':idle', LOOK), region, topic, now), 'pool'
end
