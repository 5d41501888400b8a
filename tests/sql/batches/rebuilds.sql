SELECT count(*) FROM trading.book_rebuilds
