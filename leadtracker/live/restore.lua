-- Put back what the database remembers of a number's holders, where Redis lost it. Doing so twice
-- changes nothing.
-- Joined with clock.lua, lease.lua and idle.lua, and constants of keys.py.
-- KEYS[1]   the pool's root
-- ARGV[1]   ms since 1970, 0 for the server's clock
-- ARGV[2]   DID
-- ARGV[3]   the site's lease_seconds
-- ARGV[4..] leases as lines of a past one (lease_text.py), newest first
-- returns 1
local did, keep = ARGV[2], tonumber(redis.call('GET', root .. ':keep') or KEEP)
local newest, past = read(did), root .. ':past:' .. did
for i = 4, #ARGV do
  local values = {}
  for text in string.gmatch(ARGV[i] .. '|', '([^|]*)|') do values[#values + 1] = text end
  local lease = values[1]
  if not newest then
    newest = { did = did, claimed = '0', address = '' }
    for n, name in ipairs(FIELDS) do newest[name] = values[n] end
    local now = clock(ARGV[1])
    if newest.left == '' and now - newest.seen < OPEN_MS then -- the page may still be visible
      hold(did, '', now + ARGV[3] * 1000 + BEAT_MS)
    elseif is_idle(did) then
      rest(did, newest.source, newest.seen)
    end
    write(newest)
  elseif lease ~= newest.lease and not is_past(did, lease) then
    redis.call('RPUSH', past, ARGV[i])
  end
end
redis.call('LTRIM', past, 0, keep - 1)
return 1
