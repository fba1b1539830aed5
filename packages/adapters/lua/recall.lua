-- Finds the facts about subjects and what belongs with them, after having noted who watches them. It
-- looks at the same subjects as `recalled` of embedded/recall.ts. Where nobody watches it writes only
-- last uses, which is why it works on a Redis that is out of memory.
--
-- KEYS, ARGV 1 to 4: subjects.lua
-- ARGV  5 the number of watches, and for each subject, identity and value; then the subjects that are
--       asked for
-- Answers with how many of these were dealt with, how many watched subjects were forgotten, and each
-- subject that was found, with its facts, once.
--
-- Constants: WATCHES_MAX, RECALL_DEPTH, RECALL_SUBJECTS_MAX and RECALL_BYTES_MAX of core's ports/fact-
-- store.ts; SWEEP_MAX, CALL_LOOKS_MAX, CALL_BYTES_MAX.

local function trimWaiting(key)
  local all, drops = {}, {}
  local waiting = redis.call('HGETALL', key)
  for i = 1, #waiting, 2 do
    local untilMs = tonumber(string.match(waiting[i + 1], '^1 (%d+)\n')) or 0
    all[#all + 1] = { identity = waiting[i], untilMs = untilMs }
  end
  table.sort(all, function(a, b)
    if a.untilMs ~= b.untilMs then return a.untilMs > b.untilMs end
    return before(a.identity, b.identity)
  end)
  for i = WATCHES_MAX + 1, #all do drops[#drops + 1] = all[i].identity end
  redis.call('HDEL', key, unpack(drops))
end

local waits, at, forgotten, isFull = tonumber(ARGV[5]), 6, 0, {}
for _ = 1, waits do
  local about, identity, value = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local key = base .. 'w' .. about
  local size = read('HLEN', key)
  size = size + redis.call('HSET', key, identity, value)
  use(about, size == 1)
  if size > WATCHES_MAX then isFull[key] = true end
  at = at + 3
end
for key in pairs(isFull) do trimWaiting(key) end
if waits > 0 then
  forgotten = sweep('w', note('w'), waits + SWEEP_MAX)
end

local answer, seen, looks, bytes = {}, {}, 0, 0
local function addLinks(links, text)
  local order, list = string.match(text, '^1 (%-?%d+)\n([^\n]+)\n{')
  local isRead, names = pcall(cjson.decode, list or '')
  for _, name in ipairs(isRead and type(names) == 'table' and names or {}) do
    if type(name) == 'string' then links[name] = math.max(links[name] or tonumber(order), tonumber(order)) end
  end
end

local function look(about)
  local subject = seen[about]
  if subject ~= nil then return subject end
  local found = read('HGETALL', base .. 'f' .. about)
  looks = looks + 1
  subject = { bytes = 0, links = {} }
  for i = 1, #found, 2 do
    local name, text = found[i], found[i + 1]
    if string.find(name, ' ', 1, true) then subject.bytes = subject.bytes + #name + #text end
    if not string.find(text, '\n\n', 1, true) then addLinks(subject.links, text) end
  end
  if #found > 0 then
    use(about, false)
    answer[#answer + 1] = about
    answer[#answer + 1] = found
  end
  bytes = bytes + subject.bytes
  seen[about] = subject
  return subject
end

local function follow(asked)
  local level, isNamed, count, size = { asked }, { [asked] = true }, 0, 0
  for _ = 0, RECALL_DEPTH do
    local linked = {}
    for _, about in ipairs(level) do
      if count >= RECALL_SUBJECTS_MAX or size >= RECALL_BYTES_MAX then return end
      local subject = look(about)
      count, size = count + 1, size + subject.bytes
      for link, order in pairs(subject.links) do
        if not isNamed[link] and (linked[link] == nil or linked[link] < order) then linked[link] = order end
      end
    end
    level = {}
    for about in pairs(linked) do
      level[#level + 1] = about
      isNamed[about] = true
    end
    if #level == 0 then return end
    if #level > 1 then
      table.sort(level, function(a, b)
        if linked[a] ~= linked[b] then return linked[a] > linked[b] end
        return before(a, b)
      end)
    end
  end
end

local done = 0
while at <= #ARGV and looks < CALL_LOOKS_MAX and bytes < CALL_BYTES_MAX do
  follow(ARGV[at])
  at, done = at + 1, done + 1
end
note('f')
return { done, forgotten, unpack(answer) }
