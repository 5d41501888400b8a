SELECT trading.save_book(b) FROM trading.books b
