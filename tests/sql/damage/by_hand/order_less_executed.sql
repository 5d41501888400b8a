UPDATE trading.fills SET exec_qty = exec_qty - 0.1 WHERE exec_id = 'w2b'
