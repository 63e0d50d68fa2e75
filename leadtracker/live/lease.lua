-- A number's newest lease, its past ones and the lease log. Part of every script of a pool.
-- Uses clock.lua, and LOG_LENGTH of keys.py. A lease is a table of FIELDS, `did`, `claimed` and
-- `address`, the client that a held number counts for: all of them texts, times in ms since 1970.

-- In the order of a past lease's line, as lease_text.py has it.
local FIELDS = { 'lease', 'visitor', 'visit', 'start', 'seen', 'left', 'taps',
  'source', 'device', 'region', 'topic', 'levels', 'gaps' }
local TAPS, GAPS = 4, 8 -- a lease keeps the newest
local UNHEARD = 45000 -- ms; a visible page is heard of every 30 s

local function read(did)
  local f = redis.call('HMGET', root .. ':did:' .. did, 'claimed', 'address', unpack(FIELDS))
  if not f[3] then return nil end
  local l = { did = did, claimed = f[1] or '0', address = f[2] or '' }
  for i, name in ipairs(FIELDS) do l[name] = f[i + 2] or '' end
  return l
end

local function write(l)
  local f = { 'claimed', l.claimed, 'address', l.address }
  for _, name in ipairs(FIELDS) do
    f[#f + 1] = name
    f[#f + 1] = l[name]
  end
  redis.call('HSET', root .. ':did:' .. l.did, unpack(f))
end

local function tell(l, ...) -- one entry of the lease log
  redis.call('XADD', root .. ':log', 'MAXLEN', '~', LOG_LENGTH, '*',
    'lease', l.lease, 'did', l.did, 'visitor', l.visitor, 'visit', l.visit,
    'start', l.start, 'seen', l.seen, 'left', l.left,
    'taps', l.taps, 'levels', l.levels, 'gaps', l.gaps, ...)
end

local function line(l)
  local values = {}
  for i, name in ipairs(FIELDS) do values[i] = l[name] end
  return table.concat(values, '|')
end

local function archive(l, keep)
  local past = root .. ':past:' .. l.did
  redis.call('LPUSH', past, line(l))
  redis.call('LTRIM', past, 0, keep - 1)
end

local function is_past(did, lease)
  for _, text in ipairs(redis.call('LRANGE', root .. ':past:' .. did, 0, -1)) do
    if string.find(text, lease .. '|', 1, true) == 1 then return true end
  end
  return false
end

local function add(list, value, most) -- to a comma-separated list, of which the newest stay
  local values = {}
  for one in string.gmatch(list, '[^,]+') do values[#values + 1] = one end
  if #values == most then table.remove(values, 1) end
  values[#values + 1] = value
  return table.concat(values, ',')
end

local function level(l) -- 0 to 3
  local _, commas = string.gsub(l.levels, ',', '')
  return l.levels == '' and 0 or commas + 1
end

local function show(l, now) -- returns since when the page had been hidden or unheard of, else false
  local from = l.left ~= '' and l.left or now - l.seen > UNHEARD and l.seen
  if from then l.gaps = add(l.gaps, from .. ':' .. stamp(math.max(now, from)), GAPS) end
  l.seen, l.left = stamp(now), ''
  return from
end
