-- What is left of an order is not what the executions leave.
UPDATE trading.fills SET exec_qty = exec_qty * 2 WHERE exec_id LIKE 'order:%:rest:%';
DELETE FROM trading.fill_voids v USING trading.fills f
 WHERE f.account_id = v.account_id AND f.fill_id = v.fill_id AND f.exec_id LIKE 'order:whole1:rest:%'
