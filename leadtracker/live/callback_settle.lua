-- A request's cost takes the place of what was reserved for it, or of its cost as known before.
-- Joined with clock.lua.
-- KEYS[1]   the account's root
-- ARGV[1]   the site's id
-- ARGV[2]   its local day, such as 2026-09-12
-- ARGV[3]   time to live (s)
-- ARGV[4]   the request's id
-- ARGV[5]   its cost, in minor units
-- returns 1, or 0 when Redis does not know the day: SQL has it, and will be asked
local money = root .. ':money:' .. ARGV[1] .. ':' .. ARGV[2]
if redis.call('EXISTS', money) == 0 then return 0 end
local reserved, spent = unpack(redis.call('HMGET', money, 'r:' .. ARGV[4], 's:' .. ARGV[4]))
redis.call('HDEL', money, 'r:' .. ARGV[4])
redis.call('HSET', money, 's:' .. ARGV[4], ARGV[5])
redis.call('HINCRBY', money, 'reserved', stamp(0 - (reserved or 0)))
redis.call('HINCRBY', money, 'spent', stamp(ARGV[5] - (spent or 0)))
redis.call('EXPIRE', money, ARGV[3])
return 1
