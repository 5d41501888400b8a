SELECT count(*) FROM trading.current_positions
