-- Note what a page says of its visitor, and lease a DID to him or give back the one he holds.
-- KEYS[1]  the pool's root
-- ARGV[1]  now (ms), 0 for the server's clock    [2] visitor  [3] visit  [4] id for a new lease
-- ARGV[5]  change number of the caller's directory
-- ARGV[6]  a visible page holds its number for (ms)   [7] leases end earlier when few numbers are idle, by (ms)
-- ARGV[8]  visitor's time to live (s)   [9] a lease is resumed within (ms)
-- ARGV[10] past leases kept, unless root:keep says otherwise   [11] log length   [12] sources counted
-- ARGV[13] source  [14] device  [15] region  [16] topic
-- ARGV[17] page  [18] first touchpoint  [19] latest touchpoint (JSON texts)
-- ARGV[20..23] DID, lease, visit and start (ms) of a signed lease token, or '' four times
-- ARGV[24] a phone that the page says is the visitor's, '' for none
-- ARGV[25..] pairs: key, JSON text of visitorInfo
-- returns {reason, did, lease, start, chosen}, or {'pool'} when the pool is to be built first;
-- reason: leased kept restored pool_empty   chosen: own old source group pool, '' when the pool is empty
local FEW_IDLE = 0.1
local now, visitor, visit, length = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[11]
local source, region, topic = ARGV[13], ARGV[15], ARGV[16]

local pool, x, keep = unpack(redis.call('MGET', root .. ':pool', root .. ':x', root .. ':keep'))
if not pool or tonumber(pool) < tonumber(ARGV[5]) then return { 'pool' } end
x, keep = tonumber(x or 100), tonumber(keep or ARGV[10])

local function depart(l, log_length) -- a page that left without a word did so when it was seen last
  warm(l, l.seen)
  l.left = l.seen
  write(l)
  tell(l, log_length)
end

local few = redis.call('ZCARD', root .. ':idle') < FEW_IDLE * redis.call('SCARD', root .. ':dids')
local due = now + (few and ARGV[7] or 0)
for _, did in ipairs(redis.call('ZRANGEBYSCORE', root .. ':hard', '-inf', due, 'LIMIT', 0, 16)) do
  redis.call('ZREM', root .. ':hard', did)
  local l = read(did)
  if l and l.left == '' then depart(l, length) end
  if redis.call('SISMEMBER', root .. ':dids', did) == 1 then rest(did, l and l.source or '', l and l.seen or 0) end
end

local function lease_of(did, lease, his_visit, start)
  return { did = did, lease = lease, visitor = visitor, visit = his_visit, start = start, seen = start, left = '', taps = '',
    source = source, device = ARGV[14], region = region, topic = topic, levels = '', gaps = '', claimed = '0' }
end
local function retire(l)
  if l.left == '' then depart(l, length) end
  archive(l, keep)
end

local me = root .. ':visitor:' .. visitor
local known = redis.call('HMGET', me, 'did', 'visit', 'phone')
local new_visit = known[2] ~= visit and '1' or '0'
local claim = { did = ARGV[20], lease = ARGV[21], visit = ARGV[22], start = ARGV[23] }

local latest = known[1] and read(known[1]) or claim.did ~= '' and read(claim.did)
local held, reason, chosen, rested_with
if latest and latest.visitor == visitor and (is_idle(latest.did) or is_held(latest.did)) then
  held, reason, chosen, rested_with = latest, 'kept', 'own', latest.source
end
if not held and claim.did ~= '' then -- Redis forgot, the page did not
  local l = read(claim.did)
  if is_idle(claim.did) and (not l or tonumber(l.seen) < tonumber(claim.start)) then
    if l then retire(l) end
    held, rested_with = lease_of(claim.did, claim.lease, claim.visit, claim.start), l and l.source or ''
    reason, chosen = 'restored', 'own'
  elseif l and l.lease ~= claim.lease and not is_past(claim.did, claim.lease) then -- another has it by now: both have held it
    archive(lease_of(claim.did, claim.lease, claim.visit, claim.start), keep)
  end
end

local begins = reason == 'restored'
if reason == 'kept' and (held.visit ~= visit or now - held.seen > tonumber(ARGV[9])) then -- his number, but a new stay
  retire(held)
  held, begins = lease_of(held.did, ARGV[4], visit, stamp(now)), true
elseif begins then
  held.seen = stamp(now)
elseif held then
  if show(held, now) then tell(held, length) end
else
  local did
  if latest and latest.source == source and is_idle(latest.did) then -- nobody has his old number
    did, reason, chosen = latest.did, 'kept', 'old'
  else
    did, chosen = choose(source, region, topic, x, now)
    reason = did and 'leased' or 'pool_empty'
  end
  local before = did and read(did)
  if before then retire(before) end
  rested_with = before and before.source or ''
  held, begins = lease_of(did or '', ARGV[4], visit, stamp(now)), true
end

if begins then
  tell(held, length, 'reason', reason, 'chosen', chosen, 'source', source, 'group', group_of(source), 'device', held.device,
    'region', region, 'topic', topic, 'touchpoint', ARGV[19], 'new_visit', reason == 'restored' and '0' or new_visit)
  if reason ~= 'restored' and (held.did ~= '' or new_visit == '1') then
    local counted = source
    if redis.call('HLEN', root .. ':arrivals') >= tonumber(ARGV[12]) and redis.call('HEXISTS', root .. ':arrivals', source) == 0 then
      counted = 'other' -- whoever makes up campaign names fills no memory
    end
    redis.call('HINCRBYFLOAT', root .. ':arrivals', counted, 1)
    if held.did ~= '' then redis.call('HINCRBY', root .. ':pace', 'leases', 1) end
  end
end
if ARGV[24] ~= '' and known[3] ~= ARGV[24] then
  tell(held, length, 'phone', ARGV[24])
  redis.call('HSET', me, 'phone', ARGV[24])
end
if held.did ~= '' then
  hold(held.did, rested_with, now + ARGV[6])
  write(held)
  redis.call('HSET', me, 'did', held.did)
end

redis.call('HSETNX', me, 'first', ARGV[18])
redis.call('HSET', me, 'visit', visit, 'seen', stamp(now), 'page', ARGV[17], 'latest', ARGV[19], unpack(ARGV, 25))
redis.call('EXPIRE', me, ARGV[8])
return { reason, held.did, held.lease, held.start, chosen }
