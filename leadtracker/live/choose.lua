-- Which of the idle numbers a new visitor gets.
local LOOK = 6 -- longest idle numbers compared
local X_GROUP = 10
local DIFFER = 0.3 -- a past holder of another region, or another topic, is taken for the new one so much less

local function confusion(did, region, topic, now) -- how strongly past holders would be taken for the new one
  local w = redis.call('HMGET', root .. ':did:' .. did, 'w:all', 'w:r:' .. region, 'w:t:' .. topic)
  local all = heat(w[1], now)
  if all == 0 then return 0 end
  local alike = 1
  if region ~= '' then alike = DIFFER + (1 - DIFFER) * heat(w[2], now) / all end
  if topic ~= '' then alike = alike * (DIFFER + (1 - DIFFER) * heat(w[3], now) / all) end
  return all * alike
end

local function calmest(heads, region, topic, now) -- of equals the longest idle
  local best, least
  for i = 1, #heads, 2 do
    local strength = confusion(heads[i], region, topic, now)
    if not least or strength < least then best, least = heads[i], strength end
  end
  return best
end

local function choose(source, region, topic, x, now) -- returns DID and how it was chosen; nil when none is idle
  local function heads(key) return redis.call('ZRANGE', root .. key, 0, LOOK - 1, 'WITHSCORES') end
  local all = heads(':idle')
  if not all[1] then return nil, '' end
  local oldest = now - all[2]
  local function may_be(some, times) return some[1] and oldest <= times * math.max(1000, now - some[2]) end
  local same = heads(':idle:s:' .. source)
  if may_be(same, x) then return calmest(same, region, topic, now), 'source' end
  local group = group_of(source)
  same = group ~= '' and heads(':idle:g:' .. group) or {}
  if may_be(same, X_GROUP) then return calmest(same, region, topic, now), 'group' end
  return calmest(all, region, topic, now), 'pool'
end
