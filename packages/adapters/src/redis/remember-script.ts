/**
 * The script that takes facts in and finds who waits for their subjects.
 *
 * Invariant: what is kept is what `kept` of ../context/packed-fact.ts keeps; the contract's tests hold the two equal. Keys and the
 * first arguments stand in context-script.ts.
 */
import { CALL_BYTES_MAX, COMMON, SWEEP_MAX } from './context-script.ts';

/** The last tenth of Redis' memory is for claims: the context gives way. */
const MEMORY_SHARE = 0.9;

/**
 * Then, for each subject: itself and the number of kinds; for each of these its name, what is kept (`keep` of FactKind), how many are kept and how
 * many come; for each of these id and text. Answers with how many subjects were dealt with, how many others were forgotten, and for each
 * subject that is waited for itself and who waits.
 *
 * The fields of a kind are read only where there may be too many. The facts are written first: where Redis is out of memory it refuses
 * that, and all of the call with it. Before that the context gives way, if it may ask how much memory there is.
 */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const REMEMBER_SCRIPT: string = `${COMMON}
local function orderOf(text) return tonumber(string.match(text, '^1 (%-?%d+)\\n[^\\n]*\\n')) end

local function isBefore(a, b, keep)
  if a.order == nil or b.order == nil then
    if a.order == b.order then return before(a.id, b.id) end
    return b.order == nil
  end
  if keep == 'oldest' then a, b = b, a end
  if a.order ~= b.order then return a.order > b.order end
  if a.id ~= b.id then return before(b.id, a.id) end
  return before(b.text, a.text)
end

local function trim(key, prefix, keep, max, puts)
  local all, others, drops = {}, {}, {}
  for _, fact in pairs(puts) do all[#all + 1] = fact end
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if string.sub(name, 1, #prefix) == prefix and puts[name] == nil then others[#others + 1] = name end
  end
  if #all + #others <= max then return drops end
  if #others > 0 then
    for i, text in ipairs(redis.call('HMGET', key, unpack(others))) do
      all[#all + 1] = { id = string.sub(others[i], #prefix + 1), order = orderOf(text), text = text, isKept = true }
    end
  end
  table.sort(all, function(a, b) return isBefore(a, b, keep == 'oldest' and 'oldest' or 'newest') end)
  for i = max + 1, #all do
    local name = prefix .. all[i].id
    if all[i].isKept then drops[#drops + 1] = name else puts[name] = nil end
  end
  return drops
end

local function take(key, size, at)
  local prefix, keep, max, count = ARGV[at] .. ' ', ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local names, puts, added, drops = {}, {}, 0, {}
  for i = 1, count do names[i] = prefix .. ARGV[at + 2 + 2 * i] end
  local found = size > 0 and redis.call('HMGET', key, unpack(names)) or {}
  for i, name in ipairs(names) do
    local id, text = ARGV[at + 2 + 2 * i], ARGV[at + 3 + 2 * i]
    local fact = { id = id, order = orderOf(text), text = text }
    if not found[i] then added = added + 1 end
    if not found[i] or isBefore(fact, { id = id, order = orderOf(found[i]), text = found[i] }, keep == 'newest' and 'newest' or 'oldest') then puts[name] = fact end
  end
  if size + added > max then drops = trim(key, prefix, keep, max, puts) end
  local pairsOfPuts = {}
  for name, fact in pairs(puts) do
    pairsOfPuts[#pairsOfPuts + 1] = name
    pairsOfPuts[#pairsOfPuts + 1] = fact.text
  end
  if #pairsOfPuts > 0 then redis.call('HSET', key, unpack(pairsOfPuts)) end
  if #drops > 0 then redis.call('HDEL', key, unpack(drops)) end
  return size + added, at + 4 + 2 * count
end

local info = redis.pcall('INFO', 'memory')
local memory = type(info) == 'string' and info or ''
local memoryMax = tonumber(string.match(memory, '\\nmaxmemory:(%d+)')) or 0
local isShort = memoryMax > 0 and tonumber(string.match(memory, 'used_memory:(%d+)')) > ${String(MEMORY_SHARE)} * memoryMax
local subjects = tonumber(ARGV[5])
local forgotten = isShort and sweep('f', subjects + ${String(SWEEP_MAX)}, subjects + ${String(SWEEP_MAX)}) or 0
local answer, done, bytes, at = {}, 0, 0, 6
while done < subjects and bytes < ${String(CALL_BYTES_MAX)} do
  local about, kinds = ARGV[at], tonumber(ARGV[at + 1])
  local key = base .. 'f' .. about
  local size = read('HLEN', key)
  use(about, size == 0)
  at = at + 2
  for _ = 1, kinds do size, at = take(key, size, at) end
  local waiting = read('HGETALL', base .. 'w' .. about)
  if #waiting > 0 then
    answer[#answer + 1] = about
    answer[#answer + 1] = waiting
    for _, text in ipairs(waiting) do bytes = bytes + #text end
  end
  done = done + 1
end
note('f')
forgotten = forgotten + sweep('f', done + ${String(SWEEP_MAX)}, 0)
return { done, forgotten, unpack(answer) }`;
