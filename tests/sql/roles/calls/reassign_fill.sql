SELECT trading.reassign_fill(%(account_id)s, (%(book_id)s::bigint << 32) + 1, 'external')
