UPDATE trading.instruments SET tick_size = 77, status = 'PreLaunch' RETURNING symbol
