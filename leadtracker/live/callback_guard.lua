-- May one more callback request pass? Everything is counted, spent and reserved, or nothing is.
-- Joined with clock.lua.
-- KEYS[1]   the account's root
-- ARGV[1]   ms since 1970, 0 for the server's clock
-- ARGV[2]   the request's id
-- ARGV[3]   nonce of a form token, '' for none
-- ARGV[4]   how long a spent token is remembered (s)
-- ARGV[5]   the site's id
-- ARGV[6]   its local day, such as 2026-09-12
-- ARGV[7]   what the call may cost at most, in minor units
-- ARGV[8]   the day's ceiling, in minor units
-- ARGV[9]   time to live of the day's money (s)
-- ARGV[10..] a counter's name and its limits a minute, an hour and a day, in turn
-- returns '' when admitted, 'books' when the day's money is to be written first, else why not:
--   'spent request', 'spent token', 'money', 'often <kind of counter> <minute, hour or day>'
local WINDOWS = { { 'minute', 60000 }, { 'hour', 3600000 }, { 'day', 86400000 } }
local now, request, nonce, amount = clock(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[7])
local token, money = root .. ':token:' .. nonce, root .. ':money:' .. ARGV[5] .. ':' .. ARGV[6]

local function since(window)
  return '(' .. stamp(now - window)
end

local spent_on = nonce ~= '' and redis.call('GET', token)
local reserved, spent, mine, paid =
  unpack(redis.call('HMGET', money, 'reserved', 'spent', 'r:' .. request, 's:' .. request))
if mine or paid or spent_on == request then return 'spent request' end
if spent_on then return 'spent token' end
for i = 10, #ARGV, 4 do
  for w, window in ipairs(WINDOWS) do
    local passed = redis.call('ZCOUNT', root .. ':count:' .. ARGV[i], since(window[2]), '+inf')
    if passed >= tonumber(ARGV[i + w]) then
      return 'often ' .. string.match(ARGV[i], '^[^:]+') .. ' ' .. window[1]
    end
  end
end
if not reserved then return 'books' end
if reserved + spent + amount > tonumber(ARGV[8]) then return 'money' end

if nonce ~= '' then redis.call('SET', token, request, 'EX', ARGV[4]) end
for i = 10, #ARGV, 4 do
  local count = root .. ':count:' .. ARGV[i]
  redis.call('ZREMRANGEBYSCORE', count, '-inf', stamp(now - WINDOWS[3][2]))
  redis.call('ZADD', count, stamp(now), ARGV[5] .. ':' .. ARGV[6] .. ':' .. request)
  redis.call('PEXPIRE', count, WINDOWS[3][2])
end
redis.call('HINCRBY', money, 'reserved', ARGV[7])
redis.call('HSET', money, 'r:' .. request, ARGV[7])
redis.call('EXPIRE', money, ARGV[9])
return ''
