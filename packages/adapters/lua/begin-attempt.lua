-- Notes what a process is about to process, unless another process's note of the same records stands.
--
-- KEYS  the partition's note: owner, from, to, the attempt
-- ARGV  1 the owner, 2 from, 3 to, 4 the note, 5 how long it is kept in ms
-- Answers with the note that stands in the way, else with nothing.

local present = redis.call('GET', KEYS[1])
if present then
  local owner, from, to = string.match(present, '^(%S+) (%d+) (%d+) ')
  local isSame = owner and tonumber(to) > tonumber(ARGV[2]) and tonumber(from) < tonumber(ARGV[3])
  if isSame and owner ~= ARGV[1] then return present end
end
redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
return false
