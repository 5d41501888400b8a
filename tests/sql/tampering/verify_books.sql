UPDATE trading.books SET hash = sha256(hash)
