SELECT p.* FROM trading.current_positions p
 WHERE p.account_id = %(account_id)s AND p.bot_id = %(bot_id)s AND p.category = %(category)s
   AND p.symbol = %(symbol)s AND p.position_idx = %(position_idx)s
