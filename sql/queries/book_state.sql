-- The book's running state, to see whether a rebuild changed it, and what its trades add up to.
SELECT b.book_seq, to_jsonb(b) - 'updated_at' AS state, b.trades, b.realized_net, b.settle_coin
  FROM trading.book_of(%(account_id)s, %(book_id)s) b
