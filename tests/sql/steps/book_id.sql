SELECT k.book_id FROM trading.books k
 WHERE k.account_id = %(account_id)s AND k.bot_id = %(bot_id)s AND k.category = %(category)s
   AND k.symbol = %(symbol)s AND k.position_idx = %(position_idx)s
