UPDATE trading.instruments SET multiplier = 9
