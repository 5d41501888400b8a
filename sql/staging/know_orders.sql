INSERT INTO ledger_order SELECT category, order_id, bot_id FROM names WHERE bot_id IS NOT NULL
