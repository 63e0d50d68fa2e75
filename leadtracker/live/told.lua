-- What a page tells of its visitor, bounded for each visitor. Part of acquire.lua. Uses MOST_TOLD
-- of keys.py.

local FIELD = 64 -- bytes that Redis needs for a field, beside its text

-- `given` are keys and texts in turn, `before` the texts that Redis has of these keys, `told` the
-- bytes of all keys. Returns keys and texts that are to be written, and the bytes afterwards. When
-- those would be too many, only what this page tells stays.
local function tell_visitor(me, given, before, told)
  local changes, all, mine = {}, told, {}
  local whole = 0
  for i = 1, #given, 2 do
    local key, text, old = given[i], given[i + 1], before[(i + 1) / 2]
    mine[key] = true
    whole = whole + #key + #text + FIELD
    if old ~= text then
      all = all + #text + (old and -#old or #key + FIELD)
      changes[#changes + 1] = key
      changes[#changes + 1] = text
    end
  end
  if all <= MOST_TOLD then return changes, all end
  for _, key in ipairs(redis.call('HKEYS', me)) do
    if string.sub(key, 1, 2) == 'i:' and not mine[key] then redis.call('HDEL', me, key) end
  end
  return changes, whole
end
