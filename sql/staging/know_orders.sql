CREATE OR REPLACE TABLE ledger_order AS SELECT category, order_id, bot_id FROM names
