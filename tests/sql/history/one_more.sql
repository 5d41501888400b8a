INSERT INTO old_bots.fills (symbol, side, exec_price, exec_qty, exec_time) VALUES ('LATE', 'Buy', 1, 1, now())
