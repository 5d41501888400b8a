TRUNCATE trading.accounts CASCADE
