SELECT k.bot_id, k.category, k.symbol, k.position_idx, k.book_seq
  FROM trading.lock_books(%(account_id)s, %(books)s::json) WITH ORDINALITY k ORDER BY k.ordinality
