DELETE FROM trading.fill_voids
