-- The hour's measure of a pool: arrivals fade, and the pace of leases is averaged over a week.
-- Joined with clock.lua and lease.lua.
-- KEYS[1]   the pool's root
-- ARGV[1]   ms since 1970, 0 for the server's clock
-- ARGV[2]   hours in which the count of a source's arrivals falls by e
-- ARGV[3]   how many sources stay counted one by one
-- returns {numbers in the pool, leases an hour, then source and arrivals in turn}
local FORGET = 0.05 -- fewer arrivals are none
local WEEK = 1 - 1 / 168 -- what is left of an hour's leases an hour later
local now = clock(ARGV[1])
local last = redis.call('GET', root .. ':hour')
local hours = last and math.max(0, now - last) / 3600000 or 1
redis.call('SET', root .. ':hour', stamp(now))

local pace = redis.call('HMGET', root .. ':pace', 'leases', 'faded', 'hours')
local faded = (pace[2] or 0) * WEEK ^ hours + (pace[1] or 0)
local measured = (pace[3] or 0) * WEEK ^ hours + hours
redis.call('HSET', root .. ':pace', 'leases', 0, 'faded', faded, 'hours', measured)

local counted, flat = {}, redis.call('HGETALL', root .. ':arrivals')
for i = 1, #flat, 2 do
  counted[#counted + 1] = { flat[i], flat[i + 1] * math.exp(-hours / ARGV[2]) }
end
table.sort(counted, function(a, b) return a[2] > b[2] or a[2] == b[2] and a[1] < b[1] end)
local leases_an_hour = measured > 0 and faded / measured or 0
local answer = { redis.call('SCARD', root .. ':dids'), string.format('%.17g', leases_an_hour) }
redis.call('DEL', root .. ':arrivals')
for i, one in ipairs(counted) do
  if i > tonumber(ARGV[3]) then one[1] = 'other' end -- room for new ones
  if one[2] >= FORGET then
    redis.call('HINCRBYFLOAT', root .. ':arrivals', one[1], string.format('%.17g', one[2]))
  end
end
for _, text in ipairs(redis.call('HGETALL', root .. ':arrivals')) do answer[#answer + 1] = text end
return answer
