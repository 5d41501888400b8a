ALTER VIEW trading.current_positions RENAME TO before;
CREATE VIEW trading.current_positions AS SELECT * FROM trading.before WHERE false
