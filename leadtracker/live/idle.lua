-- Which numbers may be taken, and the claims that past holders still have on each of them.
-- Part of every script of a pool but hour.lua. Uses lease.lua, and TRIAL_MS and HURRIED_MS of
-- keys.py. Times are ms since 1970.

local HEAT_FADES = 3 * 3600000 -- ms in which a past holder's claim falls by e
-- The claim of a holder by their level: bounced, browsed, engaged, saved the number.
local CLAIM = { [0] = 0.15, 1, 4.5, 12 }

local groups = {} -- asked for in this run
local function group_of(source)
  if not groups[source] then
    local found = redis.call('HMGET', root .. ':group', source, 'other')
    groups[source] = found[1] or found[2] or ''
  end
  return groups[source]
end

local function rest(did, source, seen) -- the number may be taken
  redis.call('ZADD', root .. ':idle', seen, did)
  if source == '' then return end
  redis.call('ZADD', root .. ':idle:s:' .. source, seen, did)
  local group = group_of(source)
  if group ~= '' then redis.call('ZADD', root .. ':idle:g:' .. group, seen, did) end
end

local function take(did, source) -- it may not be taken any more; `source` is the one it rested with
  if redis.call('ZREM', root .. ':idle', did) == 0 or source == '' then return end
  redis.call('ZREM', root .. ':idle:s:' .. source, did)
  redis.call('ZREM', root .. ':idle:g:' .. group_of(source), did)
end

local function hold(did, source, until_ms) -- nobody else gets this number before then
  take(did, source)
  redis.call('ZADD', root .. ':hard', until_ms, did)
end

-- A number that no page has confirmed. Few idle ones do not shorten its trial, as they do a lease.
local function try(did, source, now, lease_ms)
  hold(did, source, now + TRIAL_MS + math.max(0, lease_ms - HURRIED_MS))
  redis.call('ZADD', root .. ':trial', now + TRIAL_MS, did)
end

local function is_held(did)
  return redis.call('ZSCORE', root .. ':hard', did)
end

local function is_idle(did)
  return redis.call('ZSCORE', root .. ':idle', did)
end

local function heat(text, now) -- of `claims,at`: what is left of the claims
  if not text then return 0 end
  local claims, at = string.match(text, '([^,]+),(.+)')
  return claims * math.exp(math.min(0, at - now) / HEAT_FADES)
end

-- A holder left. Their claim counts once, and the difference when they have come further since.
local function warm(l, at)
  local names = { 'w:all' }
  if l.region ~= '' then names[#names + 1] = 'w:r:' .. l.region end
  if l.topic ~= '' then names[#names + 1] = 'w:t:' .. l.topic end
  local claim = CLAIM[level(l)]
  local more = claim - l.claimed
  if more <= 0 then return end
  local key, set = root .. ':did:' .. l.did, {}
  for i, text in ipairs(redis.call('HMGET', key, unpack(names))) do
    set[#set + 1] = names[i]
    set[#set + 1] = string.format('%.9g,%.0f', heat(text, at) + more, at)
  end
  l.claimed = tostring(claim)
  redis.call('HSET', key, 'claimed', l.claimed, unpack(set))
end
