-- Says that a reader is about to ask PostgreSQL and will store what it finds. Answers the time.
-- KEYS[1] the position, ARGV[1] the reader's token, ARGV[2] milliseconds that a read may take
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local readers = redis.call('HGET', KEYS[1], 'readers')
local mine = ARGV[1] .. ':' .. (now + ARGV[2])
redis.call('HSET', KEYS[1], 'readers', readers and (readers .. ',' .. mine) or mine)
return now
