-- A visitor who was shown no number taps the default one. The lease log keeps it, for only a tap
-- tells whose call it is.
-- Joined with clock.lua, lease.lua, idle.lua and shares.lua.
-- KEYS[1]   the pool's root
-- ARGV[1]   a JSON object:
--   now             ms since 1970, 0 for the server's clock
--   visitor_days    as in domain.Site
--   lease           id of the log's new entry
--   visitor, visit  ids
--   arrival         source, device, region, topic: texts, as in live.Arrival
--   network         of the page, hashed
--   level           how far the visitor had come, 0 to 3
--   address         the client's network; '' when nobody knows it
-- ARGV[2]   JSON: the touchpoint of this visit
-- returns 1, or 0 when the address has told too much within the hour
local tap = cjson.decode(ARGV[1])
local size = redis.call('SCARD', root .. ':dids')
if too_often(tap.address, clock(tap.now), size) then return 0 end
local now, visitor, visit, from = stamp(clock(tap.now)), tap.visitor, tap.visit, tap.arrival
local me = root .. ':visitor:' .. visitor
local new_visit = redis.call('HGET', me, 'visit') ~= visit and '1' or '0'
local levels = string.rep(now .. ',', tap.level):sub(1, -2)
local l = {
  lease = tap.lease, did = '', visitor = visitor, visit = visit, start = now, seen = now,
  left = '', taps = now, levels = levels, gaps = '',
}
tell(l, 'reason', 'tapped', 'chosen', '', 'source', from.source, 'group', group_of(from.source),
  'device', from.device, 'region', from.region, 'topic', from.topic, 'touchpoint', ARGV[2],
  'new_visit', new_visit, 'network', tap.network)
if redis.call('EXISTS', me) == 0 then
  remember(visitor, tap.address, now, size, tap.visitor_days)
end
redis.call('HSET', me, 'visit', visit)
redis.call('EXPIRE', me, tap.visitor_days * 86400)
return 1
