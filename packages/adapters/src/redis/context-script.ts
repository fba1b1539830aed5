/**
 * What the scripts of the context have in common: keys, last uses, bounds. Redis runs each call of a script as one step.
 *
 * Keys: all of one cluster begin with one text that holds a hash tag, `PREFIX{c:CLUSTER}`, KEYS[1]. Behind it: `f` and a subject, a hash of
 * its facts (`KIND ID` → packed-fact.ts); `w` and a subject, who waits for it (identity → `1 UNTIL` and the value); `r` and sixteen bytes
 * of an identity, its revisions (cause → `1 NUMBER` and coordinates, the answers); `F`, `W`, `R`: which of them there are, by last use.
 *
 * Only KEYS[1] and KEYS[2] are declared, and neither ever exists. Redis Cluster asks two things of a key that is not: that its slot is
 * that of the declared ones, which the tag sees to, and that the slot is served here. While a slot moves, that would hold for some of its
 * keys and not for others; but of two declared keys that are missing Redis then says TRYAGAIN, on either side, and the script does not run
 * on half the context.
 */
import { USE_GRAINS } from '../context/options.ts';

/** A call answers when it has read so much, and is made again for the rest. */
export const CALL_BYTES_MAX: number = 256 * 1024;
/** Things that a call forgets, beside as many as it adds. */
export const SWEEP_MAX = 64;

/**
 * ARGV, of each script: the time, contextTtlMs, awaitMs, contextSubjectsMax; then its own.
 *
 * `read` takes a key of the wrong type for nobody's: it is removed, and counts as absent.
 * `before` goes by bytes, as Lua's `<` goes by the server's locale.
 * `note` writes the last use of what was used, and for how long it is kept, once a grain; `sweep` forgets what has ended, then the least
 * recently used of too many, and answers with how many of these were still kept.
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

local function note(family)
  local ttl, part, index = ttls[family], grain(family), base .. string.upper(family)
  local at = now - now % part
  read('ZCARD', index)
  for from = 1, #used, 1000 do
    local some = { unpack(used, from, math.min(from + 999, #used)) }
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
  used, isNew = {}, {}
end

local function sweep(family, most, least)
  local index = base .. string.upper(family)
  local there = redis.call('ZCARD', index)
  local ended = redis.call('ZCOUNT', index, '-inf', number(now - ttls[family] - 2 * grain(family)))
  local count = math.min(there, most, math.max(ended, there - thingsMax, least))
  if count <= 0 then return 0 end
  local keys = {}
  local popped = redis.call('ZPOPMIN', index, count)
  for i = 1, #popped, 2 do keys[#keys + 1] = base .. family .. popped[i] end
  for from = 1, #keys, 1000 do redis.call('UNLINK', unpack(keys, from, math.min(from + 999, #keys))) end
  return math.max(#keys - ended, 0)
end
`;
