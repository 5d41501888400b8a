UPDATE trading.fills SET book_id = book_id + 1 WHERE exec_id IN ('b1', 'e2');
UPDATE trading.fill_voids SET book_id = 999;
UPDATE trading.lots SET cycle_id = cycle_id + (1::bigint << 32) WHERE fill_id = (SELECT max(fill_id) FROM trading.lots);
UPDATE trading.lots SET book_id = book_id + 1 WHERE fill_id = (SELECT min(fill_id) FROM trading.lots);
UPDATE trading.completed_trades SET book_id = 999 WHERE exit_fill_id = (SELECT max(exit_fill_id) FROM trading.completed_trades)
