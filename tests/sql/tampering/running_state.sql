UPDATE trading.books SET realized_net = realized_net + 1
