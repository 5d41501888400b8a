UPDATE trading.books SET book_seq = book_seq + 1
