-- Write a site's day of money as SQL has it, unless Redis knows the day by now.
-- Joined with clock.lua.
-- KEYS[1]   the account's root
-- ARGV[1]   the site's id
-- ARGV[2]   its local day, such as 2026-09-12
-- ARGV[3]   time to live (s)
-- ARGV[4..] `r:<request>` (reserved) or `s:<request>` (spent) and an amount in minor units, in turn
-- returns 1, or 0 when Redis knew the day
local money = root .. ':money:' .. ARGV[1] .. ':' .. ARGV[2]
if redis.call('EXISTS', money) == 1 then return 0 end
local sums = { r = 0, s = 0 }
for i = 4, #ARGV, 2 do
  local sum = string.sub(ARGV[i], 1, 1)
  sums[sum] = sums[sum] + ARGV[i + 1]
  redis.call('HSET', money, ARGV[i], ARGV[i + 1])
end
redis.call('HSET', money, 'reserved', stamp(sums.r), 'spent', stamp(sums.s))
redis.call('EXPIRE', money, ARGV[3])
return 1
