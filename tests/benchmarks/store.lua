-- The least that stores a position behind its commit: a former one never takes the place of a newer one.
-- KEYS[1] the position; ARGV its fields and values, of which book_seq is the first
if tonumber(redis.call('HGET', KEYS[1], 'book_seq') or -1) > tonumber(ARGV[2]) then
    return 0
end
redis.call('HDEL', KEYS[1], 'pending')
return redis.call('HSET', KEYS[1], unpack(ARGV))
