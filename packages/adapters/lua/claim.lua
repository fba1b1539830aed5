-- Makes claims, and looks whether claims were lost: one step, so that both belong to the same moment.
--
-- KEYS  an epoch of each tag, then marks of as many tags or none, then the claims, in order; one that is
--       named twice is seen twice
-- ARGV  1 the time to live in ms, 2 the time, 3 `1` where an empty Redis is new, 4 the number of epochs,
--       5 of marks; the known epochs (empty: none); for each mark the one that must be there and the one
--       to write; a value for each claim
-- Answers with an epoch for each tag (`LOST-AT`, with ` lost` behind it where this call has noticed a
-- loss), then for each claim CLAIMED, CLAIMED_OVER_UNREADABLE or the value of the owner.
--
-- Epochs: the value is `1 LOST-AT EVICTED`, both numbers; the second counts the keys that this server has
-- ever evicted, and is empty where it does not say. `pcall`, as a user may not be allowed INFO, and as no
-- key needs to hold a string. Whatever cannot be read is missing, and so is a loss that is still to come:
-- somebody else wrote it. What is missing is a loss that this call notices, and is written again, so that
-- no value makes claims fail, or go as after a loss, for longer than a loss does.
--
-- Claims: `SET NX` first, as most claims are new and cost one command then; `SET NX GET` would need Redis
-- 7. The time to live is set with the first claim alone and runs by Redis' clock.
--
-- A value that this version cannot read (a newer version's after a rollback, or nobody's) counts as no
-- claim and is replaced, and the answer says so. To fail instead would stop a partition until the key
-- expires, for a value that no amount of retrying makes readable; to leave it would let every copy of the
-- event through. This way at most one alert too many is made, with the id of the first.
--
-- Constants: DIGITS_MAX, OFFSET_DIGITS_MAX, EPOCH_AHEAD_MS, CLAIMED, CLAIMED_OVER_UNREADABLE.

local results = {}
local ttl, now, isNew = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local epochs, marks = tonumber(ARGV[4]), tonumber(ARGV[5])

local function text(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value or ''
end

local function markIn(value)
  return string.match(value, '^%d+$') and #value <= DIGITS_MAX and tonumber(value) or 0
end

local function isClaim(value)
  local partition, offset, index = string.match(value, '^1 (%d+) (%d+) (%d+) .')
  return index and math.max(#partition, #index) <= DIGITS_MAX and #offset <= OFFSET_DIGITS_MAX
end

local evicted = ''
if epochs > 0 then
  local info = redis.pcall('INFO', 'stats')
  evicted = type(info) == 'string' and string.match(info, 'evicted_keys:(%d+)') or ''
end
for i = 1, epochs do
  local found = text(KEYS[i])
  local lostAt, evictedBefore = string.match(found, '^1 (%d+) (%d*)$')
  local isTooLong = lostAt and math.max(#lostAt, #evictedBefore) > DIGITS_MAX
  if isTooLong or lostAt and tonumber(lostAt) > now + EPOCH_AHEAD_MS then lostAt = nil end
  local known = tonumber(ARGV[5 + i])
  local isLost
  if lostAt == nil then
    isLost = known ~= nil or not isNew
  else
    isLost = known ~= nil and tonumber(lostAt) < known
      or evicted ~= '' and evictedBefore ~= '' and tonumber(evicted) > tonumber(evictedBefore)
  end
  if i <= marks then
    local at = 5 + epochs + 2 * i
    local mark, expected, mine = markIn(text(KEYS[epochs + i])), tonumber(ARGV[at - 1]), tonumber(ARGV[at])
    if tonumber(lostAt) == known and mark < expected then isLost = true end
    if mark < mine then
      redis.call('SET', KEYS[epochs + i], ARGV[at], 'PX', string.format('%.0f', 2 * ttl))
    end
  end
  if isLost then
    lostAt = string.format('%.0f', math.max(now, (tonumber(lostAt) or 0) + 1, (known or 0) + 1))
  end
  local epoch = '1 ' .. (lostAt or '0') .. ' ' .. evicted
  if epoch ~= found then redis.call('SET', KEYS[i], epoch) end
  results[i] = (lostAt or '0') .. (isLost and ' lost' or '')
end

local first = epochs + marks
local values = #ARGV - (#KEYS - first)
for i = 1, #KEYS - first do
  local key, mine = KEYS[first + i], ARGV[values + i]
  if redis.call('SET', key, mine, 'NX', 'PX', ttl) then
    results[epochs + i] = CLAIMED
  else
    local owner = text(key)
    if owner == mine then
      results[epochs + i] = CLAIMED
    elseif isClaim(owner) then
      results[epochs + i] = owner
    else
      redis.call('SET', key, mine, 'PX', ttl)
      results[epochs + i] = CLAIMED_OVER_UNREADABLE
    end
  end
end
return results
