SELECT * FROM trading.books FOR SHARE
