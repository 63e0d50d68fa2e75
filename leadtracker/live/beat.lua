-- A page says that it is visible, hidden or left, and what was done with its number.
-- Joined with clock.lua, lease.lua, idle.lua and shares.lua, and constants of keys.py.
-- KEYS[1]   the pool's root
-- ARGV[1]   a JSON object:
--   now             ms since 1970, 0 for the server's clock
--   lease_seconds, visitor_days   as in domain.Site
--   did             E.164
--   visitor         id
--   state           visible, hidden, left
--   tapped          whether the number was
--   level           reached by now, 0 to 3
--   address         the client's network; '' when nobody knows it
--   page            URL
-- returns 1, or 0 when the number is not the visitor's any more (or Redis forgot it)
local beat = cjson.decode(ARGV[1])
local now = clock(beat.now)
local l = read(beat.did)
if not l or l.visitor ~= beat.visitor then return 0 end
local was_held = is_held(l.did)
if not was_held and is_idle(l.did) then
  if not may_hold_more(beat.address, redis.call('SCARD', root .. ':dids')) then return 0 end
elseif not was_held then
  if redis.call('EXISTS', root .. ':pool') == 0 then return 0 end -- it is to be built anew
end
-- Whatever a page says ends the trial of its number.
local on_trial = redis.call('ZREM', root .. ':trial', l.did) == 1
local news = beat.tapped
if news then l.taps = add(l.taps, stamp(now), TAPS) end
for _ = level(l) + 1, beat.level do
  l.levels = add(l.levels, stamp(now), 3)
  news = true
end
local until_ms = now + beat.lease_seconds * 1000
if beat.state == 'visible' then
  if not was_held or on_trial or l.left ~= '' then charge(l, beat.address, FIRM) end
  news = show(l, now) or news
  hold(l.did, l.source, until_ms + BEAT_MS)
elseif l.left == '' then
  l.seen, l.left = stamp(now), stamp(now)
  hold(l.did, l.source, until_ms)
  charge(l, beat.address, stamp(now))
  warm(l, now)
  news = true
end
write(l)
if news then tell(l) end
local me = root .. ':visitor:' .. l.visitor
if redis.call('EXISTS', me) == 1 then
  redis.call('HSET', me, 'seen', stamp(now), 'page', beat.page)
  redis.call('EXPIRE', me, beat.visitor_days * 86400)
end
return 1
