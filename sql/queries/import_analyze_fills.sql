-- Only what rows are found by. The rest is left to autovacuum, which an ANALYZE of some columns does not put off.
ANALYZE trading.fills (account_id, book_id, fill_id, exec_time, seq, category, exec_id, order_id)
