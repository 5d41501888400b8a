SELECT a.name AS account, b.bot_id, b.category, b.symbol, b.position_idx, b.side, b.size AS total_qty,
       trading.average_price(b.category, b.size, b.open_cost, b.unpriced_qty) AS avg_entry_price,
       b.open_cost AS cost, b.entries, b.first_entry_time, b.last_entry_time, b.open_commission,
       b.realized_net AS realized_pnl, b.trades, b.dust_qty, b.settle_coin, b.book_id, b.book_seq, b.updated_at
  FROM trading.books b
  JOIN trading.accounts a USING (account_id)
 WHERE (b.size > 0 OR %(flat)s::boolean)
   AND (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(bot)s::text IS NULL OR b.bot_id = %(bot)s::text)
   AND (%(symbol)s::text IS NULL OR b.symbol = %(symbol)s::text)
   AND (%(category)s::text IS NULL OR b.category = %(category)s::text)
   AND (%(since)s::timestamptz IS NULL OR b.last_entry_time >= %(since)s::timestamptz)
 ORDER BY a.name, b.bot_id, b.category, b.symbol, b.position_idx
