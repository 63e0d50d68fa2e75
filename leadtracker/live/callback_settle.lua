-- A request's cost takes the place of what was reserved for it, or of what it was said to cost before.
-- KEYS[1] the account's root
-- ARGV[1] site   [2] its local day   [3] time to live (s)   [4] request   [5] its cost
-- returns 0 when the day is not known: SQL has it, and will be asked
local money = root .. ':money:' .. ARGV[1] .. ':' .. ARGV[2]
if redis.call('EXISTS', money) == 0 then return 0 end
local reserved, spent = unpack(redis.call('HMGET', money, 'r:' .. ARGV[4], 's:' .. ARGV[4]))
redis.call('HDEL', money, 'r:' .. ARGV[4])
redis.call('HSET', money, 's:' .. ARGV[4], ARGV[5])
redis.call('HINCRBY', money, 'reserved', stamp(0 - (reserved or 0)))
redis.call('HINCRBY', money, 'spent', stamp(ARGV[5] - (spent or 0)))
redis.call('EXPIRE', money, ARGV[3])
return 1
