-- Write the rules of the next hour. Idle numbers are sorted into groups anew when those changed.
-- Joined with clock.lua, lease.lua and idle.lua.
-- KEYS[1]   the pool's root
-- ARGV[1]   root:x, a factor
-- ARGV[2]   root:keep, past leases of a DID
-- ARGV[3..] source and group, in turn
-- returns 1 when the groups changed, else 0
redis.call('MSET', root .. ':x', ARGV[1], root .. ':keep', ARGV[2])
local before, count, same = {}, 0, true
local flat = redis.call('HGETALL', root .. ':group')
for i = 1, #flat, 2 do before[flat[i]] = flat[i + 1] end
for i = 3, #ARGV, 2 do
  same = same and before[ARGV[i]] == ARGV[i + 1]
  count = count + 1
end
if same and 2 * count == #flat then return 0 end
for _, group in pairs(before) do redis.call('DEL', root .. ':idle:g:' .. group) end
redis.call('DEL', root .. ':group')
for i = 3, #ARGV, 2 do redis.call('HSET', root .. ':group', ARGV[i], ARGV[i + 1]) end
local idle = redis.call('ZRANGE', root .. ':idle', 0, -1, 'WITHSCORES')
for i = 1, #idle, 2 do
  rest(idle[i], redis.call('HGET', root .. ':did:' .. idle[i], 'source') or '', idle[i + 1])
end
return 1
