-- How many numbers each client address holds, and how much more it may ask for. Part of
-- acquire.lua, beat.lua and tap_default.lua. Uses lease.lua and idle.lua, and LEASES_AN_HOUR and
-- VISITORS_OF_ADDRESS of keys.py. Times are ms since 1970.
-- An address is an IPv4 address or an IPv6 /64; '' where nobody knows it, which has no share. A
-- number counts for the address that took it, whoever speaks for its page later: else whoever has
-- two addresses would pass numbers on, and take more.

local FEW = 4 -- numbers that every address may hold, even when hardly any is idle
local MANY, STEEP = 32, 6 -- it may hold MANY when half of the pool is idle, and steeply less below
local FIRM = '+inf' -- score of a number that a visible page has confirmed: it is never taken

local function share_of(address)
  return redis.call('ZCARD', root .. ':held:' .. address)
end

local function may_hold_more(address, idle, size)
  if address == '' or 2 * idle >= size then return true end
  return share_of(address) < math.max(FEW, MANY * (2 * idle / size) ^ STEEP)
end

local function rank(address, count) -- of two or more, so that the greediest is found at once
  local first = redis.call('ZRANGE', root .. ':held:' .. address, 0, 0, 'WITHSCORES')
  redis.call('ZADD', root .. ':shares', first[2] == 'inf' and -count or count, address)
end

local function charge(l, address, since) -- `since` when it may be taken in need, or FIRM
  if l.address == '' then l.address = address end
  if l.address == '' then return end
  redis.call('ZADD', root .. ':held:' .. l.address, since, l.did)
  local count = share_of(l.address)
  if count > 1 then rank(l.address, count) end
end

local function discharge(l)
  if l.address == '' then return end
  redis.call('ZREM', root .. ':held:' .. l.address, l.did)
  redis.call('HDEL', root .. ':did:' .. l.did, 'address')
  local count = share_of(l.address)
  if count > 1 then rank(l.address, count) end
  if count == 1 then redis.call('ZREM', root .. ':shares', l.address) end
  l.address = ''
end

-- A number on trial, or of a page that is hidden or left, of the address that holds most. Nil when
-- nobody would hold more than the asker even then.
local function of_greediest(address)
  local least = (address == '' and 0 or share_of(address)) + 2
  local shares = root .. ':shares'
  local greediest = redis.call('ZREVRANGEBYSCORE', shares, '+inf', least, 'LIMIT', 0, 1)[1]
  local did = greediest and redis.call('ZRANGE', root .. ':held:' .. greediest, 0, 0)[1]
  if did and redis.call('SISMEMBER', root .. ':dids', did) == 1 then return did end
end

local function too_often(address, now, size) -- counts one lease, or one entry of the log
  if address == '' then return false end
  local key = root .. ':asked:' .. address .. ':' .. math.floor(now / 3600000)
  local asked = redis.call('INCR', key)
  if asked == 1 then redis.call('EXPIRE', key, 3600) end
  return asked > LEASES_AN_HOUR + size
end

-- A visitor who is new to Redis; of too many from one address the oldest is forgotten.
local function remember(visitor, address, now, size, days)
  if address == '' then return end
  local key = root .. ':from:' .. address
  redis.call('ZADD', key, now, visitor)
  redis.call('EXPIRE', key, days * 86400)
  if redis.call('ZCARD', key) > VISITORS_OF_ADDRESS + size then
    redis.call('UNLINK', root .. ':visitor:' .. redis.call('ZPOPMIN', key)[1])
  end
end
