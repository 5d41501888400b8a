UPDATE trading.books SET size = size + 1 WHERE symbol = 'BTCUSDT'
