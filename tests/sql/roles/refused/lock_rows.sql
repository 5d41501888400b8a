SELECT * FROM trading.books FOR UPDATE
