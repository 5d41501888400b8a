-- Takes back all trust in a position, because a rebuild may have changed it without giving it a new number.
-- KEYS[1] the position
--
-- Who asked PostgreSQL before the rebuild must not store what it said: tokens are made unknown to their owners, as if
-- the entry had been flushed. Announcements stay until they run out, for their writes may still happen.
local pending = redis.call('HGET', KEYS[1], 'pending')
if pending then
    redis.call('HSET', KEYS[1], 'pending', (string.gsub(pending, '[^:,]+:(%d+)', 'rebuilt:%1')))
end
redis.call('HDEL', KEYS[1], 'written_at', 'readers')
return 0
