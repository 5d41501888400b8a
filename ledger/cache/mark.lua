-- Announces a write: until the announcement is gone nobody trusts the entry.
-- KEYS[1] the position, ARGV[1] the writer's token, ARGV[2] milliseconds that a write may take
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local pending = redis.call('HGET', KEYS[1], 'pending')
local mine = ARGV[1] .. ':' .. (now + ARGV[2])
redis.call('HSET', KEYS[1], 'pending', pending and (pending .. ',' .. mine) or mine)
return now
