SELECT * FROM trading.{table}
