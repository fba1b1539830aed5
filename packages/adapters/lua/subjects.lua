-- Subjects of the context: their keys, last uses and bounds. Each script of the context begins with it
-- (redis/lua.ts), and Redis runs each call of a script as one step.
--
-- KEYS  Two keys of one cluster's hash tag, `PREFIX{c:CLUSTER}` first. Neither ever exists, and no other
--       is declared. Redis Cluster asks two things of a key that is not: that its slot is that of the
--       declared ones, which the tag sees to, and that the slot is served here. While a slot moves, that
--       would hold for some of its keys and not for others; but of two declared keys that are missing
--       Redis then says TRYAGAIN, on either side, and the script does not run on half the context.
-- ARGV  1 the time in ms, 2 contextTtlMs, 3 awaitMs, 4 contextSubjectsMax; then what each script takes.
--
-- Keys behind `PREFIX{c:CLUSTER}`:
--   f and a subject: a hash of its facts (`KIND ID` -> facts/fact-codec.ts)
--   w and a subject: who watches it (identity -> `1 UNTIL` and the value)
--   r and 16 bytes of an identity: the alert's revisions (cause -> `1 NUMBER`, a position, the answers)
--   W, R, and F with a quota's name behind it: which of them there are, by last use
--
-- Constants: USE_GRAINS, and SORT_SHARES and SEEN_SHARE of core's ports/fact-quotas.ts.

local base, now, subjectsMax = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[4])
local ttls = { f = tonumber(ARGV[2]), w = tonumber(ARGV[3]), r = tonumber(ARGV[2]) }

local function number(value) return string.format('%.0f', value) end

local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function read(command, key)
  local found = redis.pcall(command, key)
  if type(found) ~= 'table' or found.err == nil then return found end
  if string.find(found.err, 'WRONGTYPE', 1, true) then redis.call('UNLINK', key) end
  return redis.call(command, key)
end

local used, isNew = {}, {}
local function use(name, new)
  used[#used + 1] = name
  if new then isNew[name] = true end
end

local function grain(family) return math.max(math.floor(ttls[family] / USE_GRAINS), 1) end

local function quotaOf(family, name)
  if family ~= 'f' then return '' end
  local sort = string.match(name, '^(%a+)/') or ''
  if sort == 'forgotten' then return nil end
  local seen = sort == 'seen' and string.match(name, '^seen/(%a+)/')
  return seen and 'seen/' .. seen or SORT_SHARES[sort] and sort or ''
end

local function quotaMax(quota)
  if quota == '' then return subjectsMax end
  return math.max(1, math.ceil(subjectsMax * (SORT_SHARES[quota] or SEEN_SHARE)))
end

local function indexOf(family, quota) return base .. string.upper(family) .. quota end

local function note(family)
  local ttl, part, quotas = ttls[family], grain(family), {}
  local at = now - now % part
  for _, name in ipairs(used) do
    local quota = quotaOf(family, name)
    if quota then
      quotas[quota] = quotas[quota] or {}
      table.insert(quotas[quota], name)
    end
  end
  for quota, names in pairs(quotas) do
    local index = indexOf(family, quota)
    read('ZCARD', index)
    for from = 1, #names, 1000 do
      local some = { unpack(names, from, math.min(from + 999, #names)) }
      local puts = {}
      for i, score in ipairs(redis.call('ZMSCORE', index, unpack(some))) do
        if isNew[some[i]] or not score or tonumber(score) ~= at then
          redis.call('PEXPIRE', base .. family .. some[i], number(ttl + part))
          puts[#puts + 1] = number(at)
          puts[#puts + 1] = some[i]
        end
      end
      if #puts > 0 then
        redis.call('ZADD', index, unpack(puts))
        redis.call('PEXPIRE', index, number(ttl + 2 * part))
      end
    end
  end
  used, isNew = {}, {}
  return quotas
end

local function noteForgotten(quota, score)
  local key, at = base .. 'fforgotten/' .. quota, score + grain('f')
  local known = redis.pcall('HGET', key, 'forgotten forgotten')
  local before = type(known) == 'string' and tonumber(string.match(known, '^1 (%d+)\n'))
  if before and before >= at and before <= now + grain('f') then return end
  if type(known) == 'table' then redis.call('UNLINK', key) end
  redis.pcall('HSET', key, 'forgotten forgotten', '1 ' .. number(at) .. '\n\n{}')
  redis.pcall('PEXPIRE', key, number(ttls.f + 2 * grain('f')))
end

local function sweepQuota(family, quota, most, least)
  local index = indexOf(family, quota)
  local there = read('ZCARD', index)
  local ended = redis.call('ZCOUNT', index, '-inf', number(now - ttls[family] - 2 * grain(family)))
  local count = math.min(there, most, math.max(ended, there - quotaMax(quota), least))
  if count <= 0 then return 0, 0 end
  local keys = {}
  local popped = redis.call('ZPOPMIN', index, count)
  for i = 1, #popped, 2 do keys[#keys + 1] = base .. family .. popped[i] end
  for from = 1, #keys, 1000 do redis.call('UNLINK', unpack(keys, from, math.min(from + 999, #keys))) end
  -- Last, and never a failure: where Redis is out of memory, space comes first.
  if family == 'f' and #keys > ended then noteForgotten(quota, tonumber(popped[#popped])) end
  return math.max(#keys - ended, 0), #keys
end

local function sweep(family, quotas, most)
  local forgotten = 0
  for quota in pairs(quotas) do forgotten = forgotten + sweepQuota(family, quota, most, 0) end
  return forgotten
end
