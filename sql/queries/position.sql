-- The book's position, flat or not.
SELECT trading.position_of(b) AS position
  FROM trading.books b
 WHERE b.account_id = %(account_id)s AND b.bot_id = %(bot_id)s AND b.category = %(category)s
   AND b.symbol = %(symbol)s AND b.position_idx = %(position_idx)s
