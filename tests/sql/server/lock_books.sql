SELECT count(*) FROM (SELECT FROM trading.books FOR NO KEY UPDATE) locked
