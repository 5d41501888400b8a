ALTER TABLE trading.orders ADD COLUMN note text
