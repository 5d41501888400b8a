ALTER TABLE trading.fills RENAME TO fills_2
