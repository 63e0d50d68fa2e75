-- A page says that it is visible, hidden or left, and what was done with its number.
-- KEYS[1] the pool's root
-- ARGV[1] now (ms), 0 for the server's clock   [2] DID  [3] visitor  [4] state: visible hidden left  [5] 1 when tapped
-- ARGV[6] level reached, 0 to 3
-- ARGV[7] a visible page holds its number for (ms)   [8] one that is hidden or left for (ms)
-- ARGV[9] log length   [10] visitor's time to live (s)   [11] page
-- returns 1, or 0 when the number is not the visitor's any more (or Redis forgot it)
local now = clock(ARGV[1])
local l = read(ARGV[2])
if not l or l.visitor ~= ARGV[3] then return 0 end
if not is_held(l.did) and not is_idle(l.did) then
  if redis.call('EXISTS', root .. ':pool') == 0 then return 0 end -- a half-forgotten pool is built anew
end
local news = ARGV[5] == '1'
if news then l.taps = add(l.taps, stamp(now), TAPS) end
for _ = level(l) + 1, tonumber(ARGV[6]) do
  l.levels = add(l.levels, stamp(now), 3)
  news = true
end
if ARGV[4] == 'visible' then
  news = show(l, now) or news
  hold(l.did, l.source, now + ARGV[7])
elseif l.left == '' then
  l.seen, l.left = stamp(now), stamp(now)
  hold(l.did, l.source, now + ARGV[8])
  warm(l, now)
  news = true
end
write(l)
if news then tell(l, ARGV[9]) end
local me = root .. ':visitor:' .. l.visitor
if redis.call('EXISTS', me) == 1 then
  redis.call('HSET', me, 'seen', stamp(now), 'page', ARGV[11])
  redis.call('EXPIRE', me, ARGV[10])
end
return 1
