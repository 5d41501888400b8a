-- The book's position, flat or not.
SELECT b.bot_id, b.category, b.symbol, b.position_idx, b.side, b.size AS total_qty,
       trading.average_price(b.category, b.size, b.open_cost, b.unpriced_qty) AS avg_entry_price, b.entries,
       b.first_entry_time, b.last_entry_time, b.open_cost AS cost, b.open_commission, b.realized_net AS realized_pnl,
       b.dust_qty, b.settle_coin, b.book_seq, b.updated_at
  FROM trading.books b
 WHERE b.account_id = %(account_id)s AND b.bot_id = %(bot_id)s AND b.category = %(category)s
   AND b.symbol = %(symbol)s AND b.position_idx = %(position_idx)s
