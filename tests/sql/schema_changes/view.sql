ALTER VIEW trading.current_positions RENAME COLUMN entries TO lots
