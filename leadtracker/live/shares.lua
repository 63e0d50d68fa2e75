-- How many numbers each client address holds, and how much more it may ask for. Part of
-- acquire.lua, beat.lua and tap_default.lua. Uses lease.lua and idle.lua, and LEASES_AN_HOUR and
-- VISITORS_OF_ADDRESS of keys.py. Times are ms since 1970.
-- An address is an IPv4 address or an IPv6 /64; '' where nobody knows it, which has no share. A
-- number counts for the address that took it, whoever speaks for its page later: else whoever has
-- two addresses would pass numbers on, and take more.

local FEW = 6 -- numbers that an address may hold while a quarter of the pool is kept for others
local FIRM = '+inf' -- score of a number that a visible page has confirmed: it is never taken
local TRIED = 1e15 -- ms; added to the moment of a number on trial: those of pages gone come first

local function share_of(address)
  return redis.call('ZCARD', root .. ':held:' .. address)
end

-- Every address may hold one number. What all of them hold beyond that is `extra`: while it is
-- less than a quarter of the pool, an address may hold any number, up to three quarters FEW. So
-- addresses that are a tenth of the pool never hold more than 85 % of it.
local function may_hold_more(address, size)
  if address == '' then return true end
  local extra = tonumber(redis.call('GET', root .. ':extra') or 0)
  if 4 * extra < size then return true end
  local count = share_of(address)
  return count == 0 or 4 * extra < 3 * size and count < math.min(FEW, size - 1)
end

local function rank(address, count) -- of two or more, so that the greediest is found at once
  local first = redis.call('ZRANGE', root .. ':held:' .. address, 0, 0, 'WITHSCORES')
  redis.call('ZADD', root .. ':shares', first[2] == 'inf' and -count or count, address)
end

local function charge(l, address, since) -- `since` when it may be taken in need, or FIRM
  if l.address == '' then l.address = address end
  if l.address == '' then return end
  local more = redis.call('ZADD', root .. ':held:' .. l.address, since, l.did)
  local count = share_of(l.address)
  if count == 1 then return end
  if more == 1 then redis.call('INCR', root .. ':extra') end
  rank(l.address, count)
end

local function discharge(l)
  if l.address == '' then return end
  redis.call('ZREM', root .. ':held:' .. l.address, l.did)
  redis.call('HDEL', root .. ':did:' .. l.did, 'address')
  local count = share_of(l.address)
  if count > 0 then redis.call('DECR', root .. ':extra') end
  if count > 1 then rank(l.address, count) end
  if count == 1 then redis.call('ZREM', root .. ':shares', l.address) end
  l.address = ''
end

-- The number of an address whose page has been hidden or left for longest.
local function gone_of(address)
  local did, since = unpack(redis.call('ZRANGE', root .. ':held:' .. address, 0, 0, 'WITHSCORES'))
  if did and tonumber(since) < TRIED then return did end
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
