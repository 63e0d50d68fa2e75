-- Put back what the database remembers of a number's holders, where Redis lost it; twice changes nothing.
-- KEYS[1] the pool's root
-- ARGV[1] now (ms), 0 for the server's clock   [2] DID   [3] past leases kept, unless root:keep says otherwise
-- ARGV[4] a page that may be visible holds its number for (ms)   [5] it may be, when seen within (ms)
-- ARGV[6..] lines of leases, newest first
local did, keep = ARGV[2], tonumber(redis.call('GET', root .. ':keep') or ARGV[3])
local newest, past = read(did), root .. ':past:' .. did
for i = 6, #ARGV do
  local values = {}
  for text in string.gmatch(ARGV[i] .. '|', '([^|]*)|') do values[#values + 1] = text end
  local lease = values[1]
  if not newest then
    newest = { did = did, claimed = '0' }
    for n, name in ipairs(FIELDS) do newest[name] = values[n] end
    local now = clock(ARGV[1])
    if newest.left == '' and now - newest.seen < tonumber(ARGV[5]) then
      hold(did, '', now + ARGV[4])
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
