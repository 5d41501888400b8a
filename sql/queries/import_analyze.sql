-- Only what rows are found by: the tables may have grown a thousand times. The rest is left to autovacuum, which an ANALYZE
-- of some columns does not put off.
ANALYZE trading.fills (account_id, book_id, fill_id, exec_time, seq, category, exec_id, order_id),
        trading.lots (account_id, book_id, fill_id, cycle_id, open_from),
        trading.completed_trades (account_id, book_id, entry_fill_id, exit_fill_id, exit_time),
        trading.books
