UPDATE trading.fill_voids SET hash = hash
