/**
 * The script that allots the numbers of revisions.
 *
 * Invariant: a number is the count of the revisions before it, so that there is no gap; none is removed but
 * with all of its alert's. Keys and the first arguments stand in context-script.ts.
 */
import { REVISIONS_MAX } from '@arrivals/core';
import { CALL_BYTES_MAX, COMMON, SWEEP_MAX } from './facts-script.ts';

/** What the script answers for a revision that is no number. */
export const ANSWERED = 0;
export const EXHAUSTED = -1;

/**
 * Then for each request: the identity, the cause, the coordinates, the answers as JSON. Answers with how many
 * others were forgotten, then a number for each request that was dealt with. What cannot be read of the
 * revisions counts for the numbers, but answers nothing.
 */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const REVISE_SCRIPT: string = `${COMMON}
local function answersIn(text)
  local isRead, list = pcall(cjson.decode, text)
  return isRead and type(list) == 'table' and list or {}
end

local bytes = 0
local function revise(identity, cause, by, answers)
  local key = base .. 'r' .. identity
  local found = read('HGETALL', key)
  local others, covered = 0, {}
  use(identity, #found == 0)
  for i = 1, #found, 2 do
    bytes = bytes + #found[i + 1]
    local told, toldBy, answered = string.match(found[i + 1], '^1 (%d+) ([^\\n]*)\\n(.*)$')
    if found[i] ~= cause then
      others = others + 1
      for _, answer in ipairs(answersIn(answered or '')) do covered[answer] = true end
    elseif told then
      return toldBy == by and tonumber(told) or ${String(ANSWERED)}
    end
  end
  local mine, isCovered = answersIn(answers), true
  for _, answer in ipairs(mine) do isCovered = isCovered and covered[answer] end
  if #mine > 0 and isCovered then return ${String(ANSWERED)} end
  if others + 2 > ${String(REVISIONS_MAX)} then return ${String(EXHAUSTED)} end
  redis.call('HSET', key, cause, '1 ' .. number(others + 2) .. ' ' .. by .. '\\n' .. answers)
  return others + 2
end

local answer = { 0 }
for at = 5, #ARGV, 4 do
  if bytes >= ${String(CALL_BYTES_MAX)} then break end
  answer[#answer + 1] = revise(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
end
answer[1] = sweep('r', note('r'), #answer + ${String(SWEEP_MAX)})
return answer`;
