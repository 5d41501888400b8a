SELECT count(*) FROM (SELECT FROM trading.books WHERE bot_id = %(bot_id)s FOR NO KEY UPDATE) locked
