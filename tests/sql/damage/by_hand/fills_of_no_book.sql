DELETE FROM trading.books WHERE symbol = 'SOLUSDT' AND position_idx = 0
