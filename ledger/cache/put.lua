-- Stores a position, unless a newer one is there, and takes the caller's token back.
-- KEYS[1] the position; ARGV[1] the token that mark.lua or lease.lua left; ARGV[2] for a reader, the time that
-- lease.lua answered, for a writer ''; ARGV[3] the position's book_seq; ARGV[4..] its fields and values, none if
-- the write came to nothing
--
-- Without its token the caller stores nothing: the entry was flushed, evicted or removed meanwhile, and others may
-- have written since. What is there, or on its way there, may be older than what a writer has just committed: both
-- end here. Other writers' announcements stay.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local mine = false

local function without(field, expired)
    local left = {}
    for token, deadline in string.gmatch(redis.call('HGET', KEYS[1], field) or '', '([^:,]+):(%d+)') do
        if token == ARGV[1] then
            mine = true
        elseif tonumber(deadline) >= expired then
            left[#left + 1] = token .. ':' .. deadline
        end
    end
    if #left > 0 then
        redis.call('HSET', KEYS[1], field, table.concat(left, ','))
    else
        redis.call('HDEL', KEYS[1], field)
    end
end

-- An announcement that ran out before a reader asked PostgreSQL is over: its write is in what was read.
without('pending', tonumber(ARGV[2]) or 0)
without('readers', now)
if not mine then
    if ARGV[2] == '' then
        redis.call('HDEL', KEYS[1], 'book_seq', 'written_at', 'readers')
    end
    return 0
end
local stored = tonumber(redis.call('HGET', KEYS[1], 'book_seq') or '') or -1
if #ARGV < 4 or stored > tonumber(ARGV[3]) then
    return 0
end
redis.call('HSET', KEYS[1], 'book_seq', ARGV[3], 'written_at', now, unpack(ARGV, 4))
return 1
