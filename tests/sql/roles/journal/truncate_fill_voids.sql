TRUNCATE trading.fill_voids CASCADE
