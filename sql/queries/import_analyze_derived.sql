-- What import_analyze_fills.sql says of fills.
ANALYZE trading.lots (account_id, book_id, fill_id, cycle_id, open_from),
        trading.completed_trades (account_id, book_id, entry_fill_id, exit_fill_id, exit_time),
        trading.books
