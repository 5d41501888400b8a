-- What a book's row says of its trades, and the trades themselves.
SELECT k.trades, k.realized_gross, k.realized_net, s.trades, s.gross, s.net
  FROM trading.books k
 CROSS JOIN LATERAL (SELECT count(*) AS trades, coalesce(sum(t.gross_pnl), 0) AS gross, coalesce(sum(t.net_pnl), 0) AS net
                       FROM trading.completed_trades t
                      WHERE t.account_id = k.account_id AND t.book_id = k.book_id) s
 WHERE k.account_id = %(account_id)s AND k.book_id = %(book_id)s
