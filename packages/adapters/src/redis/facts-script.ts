/**
 * What the scripts of the context have in common: keys, last uses, bounds. Redis runs each call of a script
 * as one step.
 *
 * Keys: all of one cluster begin with one text that holds a hash tag, `PREFIX{c:CLUSTER}`, KEYS[1]. Behind
 * it: `f` and a subject, a hash of its facts (`KIND ID` → packed-fact.ts); `w` and a subject, who waits for
 * it (identity → `1 UNTIL` and the value); `r` and sixteen bytes of an identity, its revisions (cause → `1
 * NUMBER` and coordinates, the answers); `W`, `R`, and `F` with a quota's name behind it: which of them there
 * are, by last use.
 *
 * Only KEYS[1] and KEYS[2] are declared, and neither ever exists. Redis Cluster asks two things of a key that
 * is not: that its slot is that of the declared ones, which the tag sees to, and that the slot is served
 * here. While a slot moves, that would hold for some of its keys and not for others; but of two declared keys
 * that are missing Redis then says TRYAGAIN, on either side, and the script does not run on half the context.
 */
import { SEEN_SHARE, SORT_SHARES } from '@arrivals/core';
import { USE_GRAINS } from '../facts/options.ts';

/** A call answers when it has read so much, and is made again for the rest. */
export const CALL_BYTES_MAX: number = 256 * 1024;
/** Things that a call forgets, beside as many as it adds. */
export const SWEEP_MAX = 64;

/**
 * ARGV, of each script: the time, contextTtlMs, awaitMs, contextSubjectsMax; then its own.
 *
 * `read` takes a key of the wrong type for nobody's: it is removed, and counts as absent. `before` goes by
 * bytes, as Lua's `<` goes by the server's locale. `quotaOf` and `quotaMax` are those of core's
 * ports/fact-quotas.ts; subjects that tell what was forgotten are in no quota, and end by themselves. `note`
 * writes the last use of what was used, and for how long it is kept, once a grain, and answers with the
 * quotas of these; `sweep` forgets, of such, what has ended, then the least recently used of too many, and
 * answers with how many of these were still kept.
 */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const COMMON: string = `
local base, now, thingsMax = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[4])
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

local function grain(family) return math.max(math.floor(ttls[family] / ${String(USE_GRAINS)}), 1) end

local shares = { ${Object.entries(SORT_SHARES)
  .map(([sort, share]) => `['${sort}'] = ${String(share)}`)
  .join(', ')} }
local function quotaOf(family, name)
  if family ~= 'f' then return '' end
  local sort = string.match(name, '^(%a+)/') or ''
  if sort == 'forgotten' then return nil end
  local seen = sort == 'seen' and string.match(name, '^seen/(%a+)/')
  return seen and 'seen/' .. seen or shares[sort] and sort or ''
end

local function quotaMax(quota)
  if quota == '' then return thingsMax end
  return math.max(1, math.ceil(thingsMax * (shares[quota] or ${String(SEEN_SHARE)})))
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
  local before = type(known) == 'string' and tonumber(string.match(known, '^1 (%d+)\\n'))
  if before and before >= at and before <= now + grain('f') then return end
  if type(known) == 'table' then redis.call('UNLINK', key) end
  redis.pcall('HSET', key, 'forgotten forgotten', '1 ' .. number(at) .. '\\n\\n{}')
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
  -- Last, and never a failure: where Redis is out of memory, room comes first.
  if family == 'f' and #keys > ended then noteForgotten(quota, tonumber(popped[#popped])) end
  return math.max(#keys - ended, 0), #keys
end

local function sweep(family, quotas, most)
  local forgotten = 0
  for quota in pairs(quotas) do forgotten = forgotten + sweepQuota(family, quota, most, 0) end
  return forgotten
end
`;
