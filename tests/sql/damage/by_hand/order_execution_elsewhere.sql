-- An execution is of another category, and another of no order.
UPDATE trading.fills SET category = 'spot' WHERE exec_id = 'w1a';
UPDATE trading.fills SET order_id = NULL WHERE exec_id = 'w2a'
