UPDATE trading.lots SET entry_price = 1
