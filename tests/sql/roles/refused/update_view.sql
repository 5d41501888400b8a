UPDATE trading.current_positions SET total_qty = 0
