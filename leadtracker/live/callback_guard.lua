-- May one more callback request pass? Everything is counted, spent and reserved, or nothing is.
-- KEYS[1] the account's root
-- ARGV[1] now (ms), 0 for the server's clock   [2] request
-- ARGV[3] nonce of a form token, '' for none   [4] a spent token is remembered for (s)
-- ARGV[5] site   [6] its local day   [7] what the call may cost   [8] ceiling of the day   [9] money's time to live (s)
-- ARGV[10..] name and limits a minute, an hour and a day, in turn
-- returns '' when admitted, 'books' when the day's money is to be written first, else why not
local WINDOWS = { { 'minute', 60000 }, { 'hour', 3600000 }, { 'day', 86400000 } }
local now, request, nonce, amount = clock(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[7])
local token, money = root .. ':token:' .. nonce, root .. ':money:' .. ARGV[5] .. ':' .. ARGV[6]

local function since(window)
  return '(' .. stamp(now - window)
end

local spent_on = nonce ~= '' and redis.call('GET', token)
local reserved, spent, mine, paid = unpack(redis.call('HMGET', money, 'reserved', 'spent', 'r:' .. request, 's:' .. request))
if mine or paid or spent_on == request then return 'spent request' end
if spent_on then return 'spent token' end
for i = 10, #ARGV, 4 do
  for w, window in ipairs(WINDOWS) do
    if redis.call('ZCOUNT', root .. ':count:' .. ARGV[i], since(window[2]), '+inf') >= tonumber(ARGV[i + w]) then
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
