INSERT INTO trading.completed_trades
SELECT t.* FROM trading.books b
 CROSS JOIN LATERAL trading.derive_trades(b, (b.last_exec_time, b.last_seq, b.last_exec_id,
       CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END, b.cycle_id, b.opened, b.closed)::trading.checkpoint) t
 WHERE b.account_id = %(account_id)s AND b.book_id = %(book_id)s
