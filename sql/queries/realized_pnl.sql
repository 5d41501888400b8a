-- Sums by coin. A commission counts in the settle coin's line only if it was charged in that coin.
WITH book AS (
    SELECT b.* FROM trading.books b
     WHERE b.account_id = %(account_id)s AND b.bot_id = %(bot_id)s
       AND (%(symbol)s::text IS NULL OR b.symbol = %(symbol)s::text)
       AND (%(category)s::text IS NULL OR b.category = %(category)s::text)
       AND (%(position_idx)s::smallint IS NULL OR b.position_idx = %(position_idx)s::smallint)
), trade AS (
    SELECT t.* FROM book b
     -- OFFSET: one range of the index for each book, never the whole table
     CROSS JOIN LATERAL (SELECT * FROM trading.completed_trades k
                          WHERE k.account_id = b.account_id
                            AND k.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32
                         OFFSET 0) t
     WHERE (%(since)s::timestamptz IS NULL OR t.exit_time >= %(since)s::timestamptz)
       AND (%(until)s::timestamptz IS NULL OR t.exit_time < %(until)s::timestamptz)
), commission AS (
    SELECT t.settle_coin, t.entry_commission_asset AS asset, t.entry_commission AS amount FROM trade t
    UNION ALL
    SELECT t.settle_coin, t.exit_commission_asset, t.exit_commission FROM trade t
)
SELECT 'settled' AS kind, t.settle_coin AS coin, sum(t.gross_pnl) AS gross, sum(t.net_pnl) AS net, count(*) AS trades,
       count(*) FILTER (WHERE t.gross_pnl IS NULL) AS unpriced_trades, NULL::numeric AS amount
  FROM trade t GROUP BY t.settle_coin
UNION ALL
SELECT 'commission', c.asset, NULL, NULL, NULL, NULL, sum(c.amount)
  FROM commission c WHERE c.asset = c.settle_coin GROUP BY c.asset
UNION ALL
SELECT 'other_commission', c.asset, NULL, NULL, NULL, NULL, sum(c.amount)
  FROM commission c WHERE c.asset <> c.settle_coin GROUP BY c.asset HAVING sum(abs(c.amount)) > 0
UNION ALL
SELECT 'funding', p.asset, NULL, NULL, NULL, NULL, sum(p.amount)
  FROM book b JOIN trading.funding_payments p ON p.account_id = b.account_id AND p.book_id = b.book_id
 WHERE (%(since)s::timestamptz IS NULL OR p.exec_time >= %(since)s::timestamptz)
   AND (%(until)s::timestamptz IS NULL OR p.exec_time < %(until)s::timestamptz)
 GROUP BY p.asset
UNION ALL
SELECT 'coin', b.settle_coin, NULL, NULL, NULL, NULL, NULL FROM book b GROUP BY b.settle_coin
