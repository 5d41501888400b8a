SELECT * FROM trading.verify_strays(1)
