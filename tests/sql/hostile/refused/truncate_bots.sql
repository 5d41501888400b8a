TRUNCATE trading.bots CASCADE
