-- Note what a page says of its visitor, and lease them a number or give back the one they hold.
-- Joined with clock.lua, lease.lua, idle.lua, shares.lua, told.lua and choose.lua, and constants of
-- keys.py.
-- KEYS[1]   the pool's root
-- ARGV[1]   a JSON object:
--   now             ms since 1970, 0 for the server's clock
--   change          number of the caller's directory
--   lease_seconds, visitor_days   as in domain.Site
--   lease           id of the lease, should one begin
--   visitor, visit  ids
--   arrival         source, device, region, topic: texts, as in live.Arrival
--   claim           what a signed lease token proves: did, lease, visit, start (ms); null for none
--   address         the client's network; '' when nobody knows it
--   page            URL
--   phone           E.164; the page says it is the visitor's; '' for none
--   signed          whether the site's back end signed it
--   network         of the page, hashed
-- ARGV[2]   JSON: the visitor's first touchpoint   [3] the touchpoint of this visit
-- ARGV[4..] `i:<key>` and JSON of visitorInfo, in turn
-- returns {'pool'} when the pool is to be built first, else {reason, did, lease, start, chosen}
--   reason   leased, kept, restored, pool_empty; too_many, too_often for the address's share
--   start    ms
--   chosen   own, old, source, group, pool; '' without a number
local FEW_IDLE = 0.1 -- of the pool; leases end earlier when fewer numbers are idle
local ask = cjson.decode(ARGV[1])
local now, visitor, visit = clock(ask.now), ask.visitor, ask.visit
local source, region, topic = ask.arrival.source, ask.arrival.region, ask.arrival.topic
local claim, address = ask.claim ~= cjson.null and ask.claim, ask.address
local lease_ms = ask.lease_seconds * 1000

local pool, x, keep = unpack(redis.call('MGET', root .. ':pool', root .. ':x', root .. ':keep'))
if not pool or tonumber(pool) < ask.change then return { 'pool' } end
x, keep = tonumber(x or 100), tonumber(keep or KEEP)

local function depart(l) -- a page that left without a word did so when it was seen last
  warm(l, l.seen)
  l.left = l.seen
  write(l)
  tell(l)
end

local idle, size = redis.call('ZCARD', root .. ':idle'), redis.call('SCARD', root .. ':dids')
local due = now + (idle < FEW_IDLE * size and math.max(0, lease_ms - HURRIED_MS) or 0)

local function end_hold(did)
  local l = read(did)
  redis.call('ZREM', root .. ':hard', did)
  redis.call('ZREM', root .. ':trial', did)
  if l then discharge(l) end
  if l and l.left == '' then depart(l) end
  if redis.call('SISMEMBER', root .. ':dids', did) == 1 then
    rest(did, l and l.source or '', l and l.seen or 0)
    idle = idle + 1
  end
end

local room = 16 -- so many end in one request at most
local function end_holds(key, by)
  for _, did in ipairs(redis.call('ZRANGEBYSCORE', root .. key, '-inf', by, 'LIMIT', 0, room)) do
    room = room - 1
    end_hold(did)
  end
end

end_holds(':trial', now)
end_holds(':hard', due)

local function lease_of(did, lease, their_visit, start)
  return {
    did = did, lease = lease, visitor = visitor, visit = their_visit, start = start, seen = start,
    left = '', taps = '', source = source, device = ask.arrival.device, region = region,
    topic = topic, levels = '', gaps = '', claimed = '0', address = '',
  }
end

local function claimed_lease()
  return lease_of(claim.did, claim.lease, claim.visit, stamp(claim.start))
end

local function retire(l)
  if l.left == '' then depart(l) end
  archive(l, keep)
end

local me = root .. ':visitor:' .. visitor
local given, names = { unpack(ARGV, 4) }, {}
for i = 1, #given, 2 do names[#names + 1] = given[i] end
local known = redis.call('HMGET', me, 'did', 'visit', 'phone', 'told', unpack(names))
local new_visit = known[2] ~= visit and '1' or '0'

local latest = known[1] and read(known[1]) or claim and read(claim.did)
local held, reason, chosen, rested_with
local is_theirs = latest and latest.visitor == visitor and is_held(latest.did)
local may_take = is_theirs or may_hold_more(address, size)
if not may_take then -- of its own numbers one that no page shows makes room
  local gone = gone_of(address)
  if gone then end_hold(gone) end
  may_take = gone
end
if is_theirs or may_take and latest and latest.visitor == visitor and is_idle(latest.did) then
  held, reason, chosen, rested_with = latest, 'kept', 'own', latest.source
end
if not held and claim then -- Redis forgot, the page did not
  local l = read(claim.did)
  if may_take and is_idle(claim.did) and (not l or tonumber(l.seen) < claim.start) then
    if l then retire(l) end
    held, reason, chosen = claimed_lease(), 'restored', 'own'
    rested_with = l and l.source or ''
  elseif l and l.lease ~= claim.lease and not is_past(claim.did, claim.lease) then
    archive(claimed_lease(), keep) -- somebody else has the number by now: both have held it
  end
end

local begins = reason == 'restored'
local stayed_away = held and (held.visit ~= visit or now - held.seen > RESUME_MS)
local often = (not held or reason == 'kept' and stayed_away) and too_often(address, now, size)
if not held and often then -- nothing is kept of whoever asks for ever more
  return { 'too_often', '', '', stamp(now), '' }
end
local was_hidden = held and held.left ~= ''
if reason == 'kept' and stayed_away and not often then -- the same number, a new lease
  retire(held)
  local whose = held.address
  held, begins = lease_of(held.did, ask.lease, visit, stamp(now)), true
  held.address = whose
elseif begins then
  held.seen = stamp(now)
elseif held then
  if show(held, now) then tell(held) end
else
  local did
  reason = 'too_many'
  if not may_take then
    chosen = ''
  elseif latest and latest.source == source and is_idle(latest.did) then -- nobody has their old
    did, reason, chosen = latest.did, 'kept', 'old'
  else
    did, chosen = choose(source, region, topic, x, now)
    local taken = not did and of_greediest(address)
    if taken then
      end_hold(taken)
      did, chosen = choose(source, region, topic, x, now)
    end
    reason = did and 'leased' or 'pool_empty'
  end
  local before = did and read(did)
  if before then retire(before) end
  rested_with = before and before.source or ''
  held, begins = lease_of(did or '', ask.lease, visit, stamp(now)), true
end

local function count_arrival()
  local counted, arrivals = source, root .. ':arrivals'
  local full = redis.call('HLEN', arrivals) >= MOST_SOURCES
  if full and redis.call('HEXISTS', arrivals, source) == 0 then
    counted = 'other' -- whoever makes up campaign names fills no memory
  end
  redis.call('HINCRBYFLOAT', arrivals, counted, 1)
  if held.did ~= '' then redis.call('HINCRBY', root .. ':pace', 'leases', 1) end
end

if begins then
  tell(held, 'reason', reason, 'chosen', chosen, 'source', source, 'group', group_of(source),
    'device', held.device, 'region', region, 'topic', topic, 'touchpoint', ARGV[3],
    'new_visit', reason == 'restored' and '0' or new_visit)
  if reason ~= 'restored' and (held.did ~= '' or new_visit == '1') then count_arrival() end
end
local news, told = tell_visitor(me, given, { unpack(known, 5) }, tonumber(known[4] or 0))
local function note(name, text)
  news[#news + 1] = name
  news[#news + 1] = text
end
local phone, proved = ask.phone, ask.phone .. ' signed'
if ask.signed then phone = proved end
if ask.phone ~= '' and known[3] ~= phone and known[3] ~= proved then
  local by = ask.signed and 'signed' or 'page'
  tell(held, 'phone', ask.phone, 'phone_by', by, 'network', ask.network)
  note('phone', phone)
end
if held.did ~= '' then
  local on_trial = not is_theirs or redis.call('ZSCORE', root .. ':trial', held.did)
  if on_trial then
    try(held.did, rested_with, now, lease_ms)
  else
    hold(held.did, rested_with, now + lease_ms + BEAT_MS)
  end
  if not is_theirs or was_hidden then
    charge(held, address, on_trial and stamp(TRIED + now) or FIRM)
  end
  write(held)
  note('did', held.did)
end

if not known[2] then remember(visitor, address, now, size, ask.visitor_days) end
redis.call('HSETNX', me, 'first', ARGV[2])
redis.call('HSET', me, 'visit', visit, 'seen', stamp(now), 'page', ask.page, 'latest', ARGV[3],
  'told', told, unpack(news))
redis.call('EXPIRE', me, ask.visitor_days * 86400)
return { reason, held.did, held.lease, held.start, chosen }
