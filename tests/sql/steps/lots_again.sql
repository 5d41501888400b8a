-- The lots of a book that the checkpoint in its row gives, as an import writes them.
INSERT INTO trading.lots
SELECT l.* FROM trading.books b
 CROSS JOIN LATERAL trading.derive_lots(b, (b.last_exec_time, b.last_seq, b.last_exec_id,
       CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END, b.cycle_id, b.opened, b.closed)::trading.checkpoint) l
 WHERE b.account_id = %(account_id)s AND b.book_id = %(book_id)s
