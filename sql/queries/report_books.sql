-- Books that a check or a rebuild goes through, in a stable order.
SELECT a.name AS account, b.account_id, b.book_id, b.bot_id, b.category, b.symbol, b.position_idx,
       b.book_seq, b.cash_seq
  FROM trading.books b
  JOIN trading.accounts a USING (account_id)
 WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(bot)s::text IS NULL OR b.bot_id = %(bot)s::text)
   AND (%(symbol)s::text IS NULL OR b.symbol = %(symbol)s::text)
   AND (%(category)s::text IS NULL OR b.category = %(category)s::text)
   AND (%(book)s::integer IS NULL OR b.book_id = %(book)s::integer)
 ORDER BY a.name, b.bot_id, b.category, b.symbol, b.position_idx, b.book_id
