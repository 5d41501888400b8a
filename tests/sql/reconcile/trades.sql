SELECT * FROM trading.completed_trades ORDER BY exit_fill_id, entry_fill_id
