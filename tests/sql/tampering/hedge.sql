UPDATE trading.lots SET side = 'Sell' WHERE book_id = (SELECT book_id FROM trading.books WHERE position_idx = 1)
