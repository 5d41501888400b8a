UPDATE trading.lots SET entry_price = entry_price + 1
