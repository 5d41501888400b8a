ALTER TABLE trading.fills ADD CHECK (exec_qty > 0)
