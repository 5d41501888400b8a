-- More was ordered than the executions cover, and nothing stands for the rest.
UPDATE trading.fills SET exec_qty = exec_qty + 1 WHERE exec_id = 'order:whole1'
