UPDATE trading.books SET size = 0
