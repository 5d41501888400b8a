-- All books of an account: what is open in each, and since when nothing of it was closed.
SELECT b.book_id, b.bot_id, b.category, b.symbol, b.position_idx, b.base_coin, b.book_seq, b.cash_seq, b.entries,
       b.trades, b.dust_qty,
       CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END AS qty, b.closed = 0 AS never_closed,
       trading.average_price(b.category, b.size, b.open_cost, b.unpriced_qty) AS avg_price
  FROM trading.books b
 WHERE b.account_id = %(account_id)s
 ORDER BY b.category, b.symbol, b.position_idx, b.bot_id
