-- Ends an announcement and stores a position, unless a newer one is there.
-- KEYS[1] the position; ARGV[1] the writer's token or ''; ARGV[2] when the position was read, for a reader:
-- announcements that ran out before are gone, their writes are in what was read; ARGV[3] the position's
-- book_seq; ARGV[4..] its fields and values, none if the write came to nothing
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local left = {}
for token, deadline in string.gmatch(redis.call('HGET', KEYS[1], 'pending') or '', '([^:,]+):(%d+)') do
    if token ~= ARGV[1] and not (ARGV[2] ~= '' and tonumber(deadline) < tonumber(ARGV[2])) then
        left[#left + 1] = token .. ':' .. deadline
    end
end
if #left > 0 then
    redis.call('HSET', KEYS[1], 'pending', table.concat(left, ','))
else
    redis.call('HDEL', KEYS[1], 'pending')
end
local stored = tonumber(redis.call('HGET', KEYS[1], 'book_seq') or '') or -1
if #ARGV < 4 or stored > tonumber(ARGV[3]) then
    return 0
end
redis.call('HSET', KEYS[1], 'book_seq', ARGV[3], 'written_at', now, unpack(ARGV, 4))
return 1
