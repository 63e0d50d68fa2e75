-- What acquire.lua and beat.lua share; put in front of each. `root` is the pool's root, see keys.py.
local function clock(given)
  if given ~= '0' then return tonumber(given) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function read(did)
  local f = redis.call('HMGET', root .. ':did:' .. did, 'lease', 'visitor', 'visit', 'start', 'seen', 'left', 'taps')
  if not f[1] then return nil end
  return { did = did, lease = f[1], visitor = f[2], visit = f[3], start = f[4], seen = f[5], left = f[6] or '', taps = f[7] or '' }
end

local function write(l)
  redis.call('HSET', root .. ':did:' .. l.did, 'lease', l.lease, 'visitor', l.visitor, 'visit', l.visit,
    'start', l.start, 'seen', l.seen, 'left', l.left, 'taps', l.taps)
end

local function tell(l, length, ...) -- one entry of the lease log
  redis.call('XADD', root .. ':log', 'MAXLEN', '~', length, '*', 'lease', l.lease, 'did', l.did, 'visitor', l.visitor,
    'visit', l.visit, 'start', l.start, 'seen', l.seen, 'left', l.left, 'taps', l.taps, ...)
end

local function archive(l, keep)
  local past = root .. ':past:' .. l.did
  redis.call('LPUSH', past, table.concat({ l.lease, l.visitor, l.visit, l.start, l.seen, l.left, l.taps }, '|'))
  redis.call('LTRIM', past, 0, keep - 1)
end

local function is_past(did, lease)
  for _, line in ipairs(redis.call('LRANGE', root .. ':past:' .. did, 0, -1)) do
    if string.find(line, lease .. '|', 1, true) == 1 then return true end
  end
  return false
end

local function hold(did, until_ms) -- nobody else gets this number before then
  redis.call('ZREM', root .. ':idle', did)
  redis.call('ZADD', root .. ':hard', until_ms, did)
end
