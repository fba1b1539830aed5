-- Allots the numbers of revisions. A number is the count of the revisions before it, so that there is no
-- gap; none is removed but with all of its alert's.
--
-- KEYS, ARGV 1 to 4: subjects.lua
-- ARGV  from 5 on, for each request: the identity, the cause, the position, the answers as JSON
-- Answers with how many others were forgotten, then for each request that was dealt with a number,
-- ANSWERED or EXHAUSTED. What cannot be read of the revisions counts for the numbers, but answers
-- nothing.
--
-- Constants: REVISIONS_MAX of core's ports/fact-store.ts; ANSWERED, EXHAUSTED, SWEEP_MAX, CALL_BYTES_MAX.

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
    local revision, askedBy, answered = string.match(found[i + 1], '^1 (%d+) ([^\n]*)\n(.*)$')
    if found[i] ~= cause then
      others = others + 1
      for _, answer in ipairs(answersIn(answered or '')) do covered[answer] = true end
    elseif revision then
      return askedBy == by and tonumber(revision) or ANSWERED
    end
  end
  local mine, isCovered = answersIn(answers), true
  for _, answer in ipairs(mine) do isCovered = isCovered and covered[answer] end
  if #mine > 0 and isCovered then return ANSWERED end
  if others + 2 > REVISIONS_MAX then return EXHAUSTED end
  redis.call('HSET', key, cause, '1 ' .. number(others + 2) .. ' ' .. by .. '\n' .. answers)
  return others + 2
end

local answer = { 0 }
for at = 5, #ARGV, 4 do
  if bytes >= CALL_BYTES_MAX then break end
  answer[#answer + 1] = revise(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
end
answer[1] = sweep('r', note('r'), #answer + SWEEP_MAX)
return answer
