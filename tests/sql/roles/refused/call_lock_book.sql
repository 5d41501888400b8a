SELECT trading.lock_book(%(account_id)s, 'bob', 'linear', 'NEWUSDT', 0::smallint)
