-- A lot and a trade of one book that say they are another's.
UPDATE trading.lots SET book_id = (SELECT book_id FROM trading.books WHERE symbol = 'BTCUSD')
 WHERE fill_id = (SELECT min(fill_id) FROM trading.lots);
UPDATE trading.completed_trades SET book_id = (SELECT book_id FROM trading.books WHERE symbol = 'BTCUSD')
 WHERE exit_fill_id = (SELECT min(exit_fill_id) FROM trading.completed_trades)
