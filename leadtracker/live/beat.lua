-- A page says that it is visible, hidden or left, and what was done with its number.
-- KEYS[1] the pool's root
-- ARGV[1] now (ms), 0 for the server's clock   [2] DID  [3] lease  [4] state: visible hidden left  [5] 1 when tapped
-- ARGV[6] hard lease (ms)   [7] log length   [8] visitor's time to live (s)   [9] page
-- returns 1, or 0 when the lease is not the number's newest any more (or Redis forgot it)
local now = clock(ARGV[1])
local l = read(ARGV[2])
if not l or l.lease ~= ARGV[3] then return 0 end
local hard = redis.call('ZSCORE', root .. ':hard', l.did)
if not hard and not redis.call('ZSCORE', root .. ':idle', l.did) then
  if redis.call('EXISTS', root .. ':pool') == 0 then return 0 end -- a half-forgotten pool is built anew
end
if ARGV[5] == '1' then
  local earlier = {}
  for tap in string.gmatch(l.taps, '%d+') do earlier[#earlier + 1] = tap end
  if #earlier > 3 then table.remove(earlier, 1) end
  earlier[#earlier + 1] = string.format('%.0f', now)
  l.taps = table.concat(earlier, ',')
end
if ARGV[4] == 'visible' then
  l.seen, l.left = now, ''
  hold(l.did, now + tonumber(ARGV[6]))
elseif l.left == '' then
  l.seen, l.left = now, string.format('%.0f', now)
end
write(l)
if l.left ~= '' or ARGV[5] == '1' then tell(l, ARGV[7]) end
local me = root .. ':visitor:' .. l.visitor
if redis.call('EXISTS', me) == 1 then
  redis.call('HSET', me, 'seen', now, 'page', ARGV[9])
  redis.call('EXPIRE', me, ARGV[8])
end
return 1
