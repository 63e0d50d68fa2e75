-- Note what a page says of its visitor, and lease a DID to him or give back the one he holds.
-- KEYS[1]  the pool's root
-- ARGV[1]  now (ms), 0 for the server's clock    [2] visitor  [3] visit  [4] id for a new lease
-- ARGV[5]  change number of the caller's directory
-- ARGV[6]  hard lease (ms)   [7] visitor's time to live (s)   [8] a lease is resumed within (ms)
-- ARGV[9]  past leases kept  [10] log length
-- ARGV[11] page  [12] first touchpoint  [13] latest touchpoint (JSON texts)
-- ARGV[14..17] DID, lease, visit and start (ms) of a signed lease token, or '' four times
-- ARGV[18..] pairs: key, JSON text of visitorInfo
-- returns {reason, did, lease, start}; reason: leased kept restored pool_empty, or {'pool'} when the pool is to be built
local now = clock(ARGV[1])
local visitor, visit, keep, length = ARGV[2], ARGV[3], tonumber(ARGV[9]), ARGV[10]

local pool = redis.call('GET', root .. ':pool')
if not pool or tonumber(pool) < tonumber(ARGV[5]) then return { 'pool' } end

for _, did in ipairs(redis.call('ZRANGEBYSCORE', root .. ':hard', '-inf', now, 'LIMIT', 0, 16)) do
  redis.call('ZREM', root .. ':hard', did)
  local l = read(did)
  if l and l.left == '' then tell(l, length) end -- a page that left without a word: the log learns when it was seen last
  if redis.call('SISMEMBER', root .. ':dids', did) == 1 then
    redis.call('ZADD', root .. ':idle', l and l.seen or 0, did)
  end
end

local me = root .. ':visitor:' .. visitor
local known = redis.call('HMGET', me, 'did', 'visit')
local new_visit = known[2] ~= visit and '1' or '0'
local function free(did) -- it may be handed out, and no page holds it
  return redis.call('ZSCORE', root .. ':idle', did)
end

local held, reason
if known[1] then
  local l = read(known[1])
  if l and l.visitor == visitor and (free(l.did) or redis.call('ZSCORE', root .. ':hard', l.did)) then
    held, reason = l, 'kept'
  end
end
if not held and ARGV[14] ~= '' then -- Redis forgot, the page did not
  local l = read(ARGV[14])
  if free(ARGV[14]) and (not l or tonumber(l.seen) < tonumber(ARGV[17])) then
    if l then archive(l, keep) end
    held = { did = ARGV[14], lease = ARGV[15], visitor = visitor, visit = ARGV[16], start = ARGV[17], seen = now, left = '', taps = '' }
    reason = 'restored'
  elseif l and l.lease ~= ARGV[15] and not is_past(ARGV[14], ARGV[15]) then -- another has it by now: both have held it
    archive({ did = ARGV[14], lease = ARGV[15], visitor = visitor, visit = ARGV[16], start = ARGV[17], seen = ARGV[17], left = '', taps = '' }, keep)
  end
end
if reason == 'kept' and (held.visit ~= visit or now - tonumber(held.seen) > tonumber(ARGV[8])) then -- his number, but a new stay
  archive(held, keep)
  held = { did = held.did, lease = ARGV[4], visitor = visitor, visit = visit, start = now, seen = now, left = '', taps = '' }
  tell(held, length, 'reason', 'kept', 'touchpoint', ARGV[13], 'new_visit', new_visit)
elseif held then
  held.seen, held.left = now, ''
  if reason == 'restored' then tell(held, length, 'reason', reason, 'touchpoint', ARGV[13], 'new_visit', '0') end
else
  local did = redis.call('ZPOPMIN', root .. ':idle')[1]
  held = { did = did or '', lease = ARGV[4], visitor = visitor, visit = visit, start = now, seen = now, left = '', taps = '' }
  reason = did and 'leased' or 'pool_empty'
  if did then
    local before = read(did)
    if before then archive(before, keep) end
  end
  tell(held, length, 'reason', reason, 'touchpoint', ARGV[13], 'new_visit', new_visit)
end
if held.did ~= '' then
  write(held)
  hold(held.did, now + tonumber(ARGV[6]))
end

redis.call('HSETNX', me, 'first', ARGV[12])
redis.call('HSET', me, 'did', held.did, 'visit', visit, 'seen', now, 'page', ARGV[11], 'latest', ARGV[13], unpack(ARGV, 18))
redis.call('EXPIRE', me, ARGV[7])
return { reason, held.did, held.lease, tostring(held.start) }
