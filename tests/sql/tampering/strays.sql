-- A lot and a trade of a book that does not exist; the lot would be closed in the cycle of another one.
INSERT INTO trading.lots
SELECT (jsonb_populate_record(l, jsonb_build_object('book_id', 999, 'fill_id', (999::bigint << 32) + 1))).*
  FROM trading.lots l WHERE l.fill_id = (SELECT min(fill_id) FROM trading.lots);
INSERT INTO trading.completed_trades
SELECT (jsonb_populate_record(t, jsonb_build_object('book_id', 999, 'exit_fill_id', (999::bigint << 32) + 2))).*
  FROM trading.completed_trades t WHERE t.exit_fill_id = (SELECT min(exit_fill_id) FROM trading.completed_trades)
 LIMIT 1
