-- The second trade took from the third lot while the second one is still open.
UPDATE trading.completed_trades t
   SET entry_fill_id = (SELECT l.fill_id FROM trading.lots l WHERE l.book_id = t.book_id ORDER BY l.entry_time DESC LIMIT 1)
 WHERE t.entry_time = (SELECT max(x.entry_time) FROM trading.completed_trades x)
