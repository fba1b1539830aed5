-- Takes a process's own note away; another's stands.
--
-- KEYS  the partition's note
-- ARGV  1 the owner

local present = redis.call('GET', KEYS[1])
if present and string.match(present, '^(%S+) ') == ARGV[1] then redis.call('SET', KEYS[1], '-', 'PX', 1) end
return false
