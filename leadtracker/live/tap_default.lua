-- A visitor whom no number was shown taps the default one: the lease log keeps it, for only a tap tells whose call it is.
-- KEYS[1] the pool's root
-- ARGV[1] now (ms), 0 for the server's clock   [2] visitor  [3] visit  [4] id for the entry   [5] log length
-- ARGV[6] source  [7] device  [8] region  [9] topic  [10] touchpoint (JSON text)   [11] visitor's time to live (s)
local now, visitor, visit = stamp(clock(ARGV[1])), ARGV[2], ARGV[3]
local new_visit = redis.call('HGET', root .. ':visitor:' .. visitor, 'visit') ~= visit and '1' or '0'
local l = { lease = ARGV[4], did = '', visitor = visitor, visit = visit, start = now, seen = now, left = '', taps = now, levels = '', gaps = '' }
tell(l, ARGV[5], 'reason', 'tapped', 'chosen', '', 'source', ARGV[6], 'group', group_of(ARGV[6]), 'device', ARGV[7],
  'region', ARGV[8], 'topic', ARGV[9], 'touchpoint', ARGV[10], 'new_visit', new_visit)
redis.call('HSET', root .. ':visitor:' .. visitor, 'visit', visit)
redis.call('EXPIRE', root .. ':visitor:' .. visitor, ARGV[11])
return 1
