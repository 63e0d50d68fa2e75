-- Make a pool equal to the database: new numbers become idle, removed ones are handed out no more.
-- Joined with clock.lua, lease.lua and idle.lua.
-- KEYS[1]   the pool's root
-- ARGV[1]   change number of the directory
-- ARGV[2..] DIDs that may be handed out
-- returns how many DIDs the pool has, -1 when another process was first
local pool = redis.call('GET', root .. ':pool')
if pool and tonumber(pool) >= tonumber(ARGV[1]) then return -1 end
redis.call('DEL', root .. ':dids')
for i = 2, #ARGV do
  local did = ARGV[i]
  redis.call('SADD', root .. ':dids', did)
  if not is_held(did) and not is_idle(did) then
    local l = read(did)
    rest(did, l and l.source or '', l and l.seen or 0)
  end
end
for _, did in ipairs(redis.call('ZRANGE', root .. ':idle', 0, -1)) do
  if redis.call('SISMEMBER', root .. ':dids', did) == 0 then
    local l = read(did)
    take(did, l and l.source or '')
  end
end
redis.call('SET', root .. ':pool', ARGV[1])
return #ARGV - 1
