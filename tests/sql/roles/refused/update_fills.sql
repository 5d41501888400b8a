UPDATE trading.fills SET exec_price = 1
