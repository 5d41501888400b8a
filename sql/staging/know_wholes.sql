INSERT INTO ledger_whole SELECT category, order_id, bot_id, symbol, position_idx FROM names
