-- Takes facts in and finds who watches their subjects. What is kept is what `kept` of facts/fact-codec.ts
-- keeps.
--
-- KEYS, ARGV 1 to 4: subjects.lua
-- ARGV  5 the number of subjects; for each of them itself and the number of kinds; for each of these its
--       name, what is kept (`keep` of FactKind), how many are kept and how many come; for each of these
--       id and text
-- Answers with how many subjects were dealt with, how many others were forgotten, and for each watched
-- subject itself and who watches it.
--
-- A kind that is full gives up the worst facts of its largest groups, as core's ports/fair-share.ts has
-- it. When it is full, the orders of its facts are noted beside them, in a field of the kind's name (`1 `
-- and a table by id, in MessagePack), so that not all of them are read for each that comes. The facts are
-- written first: where Redis is out of memory it refuses that, and all of the call with it. Before that
-- the context gives way, if it may ask how much memory there is.
--
-- Constants: GIVING_WAY, quotas in the order in which they give way; MEMORY_SHARE; SWEEP_MAX,
-- CALL_BYTES_MAX.

local function orderOf(text) return tonumber(string.match(text, '^1 (%-?%d+)\n[^\n]*\n{')) end

local function stands(order, text, other, keep)
  local otherOrder = orderOf(other)
  if otherOrder == nil or text == other then return otherOrder == nil end
  if order ~= otherOrder then return (order > otherOrder) == (keep == 'newest') end
  return before(text, other) == (keep ~= 'newest')
end

local function isBefore(order, id, otherOrder, otherId, keep)
  if not order or not otherOrder then return order and true or not otherOrder and before(id, otherId) end
  if order ~= otherOrder then return (order > otherOrder) == (keep ~= 'oldest') end
  return before(id, otherId) == (keep == 'oldest')
end

local function ordersIn(key, kind, max, puts)
  local prefix, names, orders, count = kind .. ' ', {}, {}, 0
  for _ in pairs(puts) do count = count + 1 end
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local isOfKind = string.sub(name, 1, #prefix) == prefix
    if isOfKind and puts[string.sub(name, #prefix + 1)] == nil then names[#names + 1] = name end
  end
  if #names + count <= max then return nil end
  for i, text in ipairs(#names > 0 and redis.call('HMGET', key, unpack(names)) or {}) do
    orders[string.sub(names[i], #prefix + 1)] = orderOf(text) or false
  end
  return orders
end

local function fit(key, kind, keep, max, puts, noted)
  local isRead, orders = false, nil
  if noted and string.sub(noted, 1, 2) == '1 ' then
    isRead, orders = pcall(cmsgpack.unpack, string.sub(noted, 3))
  end
  local isNoted = isRead and type(orders) == 'table'
  if not isNoted then orders = ordersIn(key, kind, max, puts) end
  if orders == nil then return {} end
  local drops, count, groups, sizes = {}, 0, {}, {}
  for id, put in pairs(puts) do orders[id] = put.order end
  for id in pairs(orders) do
    local group = string.match(id, '^([^/]*)/') or ''
    groups[id] = group
    sizes[group] = (sizes[group] or 0) + 1
    count = count + 1
  end
  for _ = max + 1, count do
    local last, largest = nil, 0
    for _, size in pairs(sizes) do largest = math.max(largest, size) end
    for id, order in pairs(orders) do
      local isLargest = sizes[groups[id]] == largest
      if isLargest and (last == nil or isBefore(orders[last], last, order, id, keep)) then last = id end
    end
    orders[last], puts[last] = nil, nil
    sizes[groups[last]] = largest - 1
    drops[#drops + 1] = kind .. ' ' .. last
  end
  return drops, (not isNoted or next(puts)) and '1 ' .. cmsgpack.pack(orders)
end

-- What outsiders name goes first; who may do what, and who did what, last.
local function giveWay(count)
  local forgotten, left = 0, count
  for _, quota in ipairs(GIVING_WAY) do
    if left <= 0 then break end
    local kept, all = sweepQuota('f', quota, left, left)
    forgotten, left = forgotten + kept, left - all
  end
  return forgotten
end

local bytes = 0
local function take(key, size, at)
  local kind, keep, max, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local names, puts, added, fields, drops, orders = {}, {}, 0, {}, {}, nil
  for i = 1, count do names[i] = kind .. ' ' .. ARGV[at + 2 + 2 * i] end
  names[count + 1] = kind
  local found = size > 0 and redis.call('HMGET', key, unpack(names)) or {}
  bytes = bytes + #(found[count + 1] or '')
  for i = 1, count do
    local id, text = ARGV[at + 2 + 2 * i], ARGV[at + 3 + 2 * i]
    local order = orderOf(text)
    if found[i] then bytes = bytes + #found[i] else added = added + 1 end
    if not found[i] or stands(order, text, found[i], keep) then puts[id] = { order = order, text = text } end
  end
  if next(puts) and (found[count + 1] or size + added > max) then
    drops, orders = fit(key, kind, keep, max, puts, found[count + 1])
  end
  for id, put in pairs(puts) do
    fields[#fields + 1] = kind .. ' ' .. id
    fields[#fields + 1] = put.text
  end
  if orders then
    fields[#fields + 1] = kind
    fields[#fields + 1] = orders
  end
  if #fields > 0 then redis.call('HSET', key, unpack(fields)) end
  if #drops > 0 then redis.call('HDEL', key, unpack(drops)) end
  return size + added, at + 4 + 2 * count
end

local info = redis.pcall('INFO', 'memory')
local memory = type(info) == 'string' and info or ''
local memoryMax = tonumber(string.match(memory, '\nmaxmemory:(%d+)')) or 0
local memoryUsed = tonumber(string.match(memory, 'used_memory:(%d+)')) or 0
local isShort = memoryMax > 0 and memoryUsed > MEMORY_SHARE * memoryMax
local subjects = tonumber(ARGV[5])
local forgotten = isShort and giveWay(subjects + SWEEP_MAX) or 0
local answer, done, at = {}, 0, 6
while done < subjects and bytes < CALL_BYTES_MAX do
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
forgotten = forgotten + sweep('f', note('f'), done + SWEEP_MAX)
return { done, forgotten, unpack(answer) }
