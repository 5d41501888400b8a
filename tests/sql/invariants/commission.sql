-- Σ commission on trades + on what is still open = Σ commission on the fills that count, for each currency.
WITH share AS (
    SELECT t.account_id, t.book_id, t.entry_commission_asset AS asset, t.entry_commission AS shared, 0 AS charged
      FROM trading.completed_trades t
    UNION ALL
    SELECT t.account_id, t.book_id, t.exit_commission_asset, t.exit_commission, 0 FROM trading.completed_trades t
    UNION ALL
    SELECT e.account_id, e.book_id, e.commission_asset, e.remaining_commission, 0 FROM trading.position_entries e
    UNION ALL
    SELECT f.account_id, f.book_id,
           CASE WHEN f.category = 'spot' AND f.commission_asset = b.base_coin THEN b.quote_coin
                ELSE f.commission_asset END, 0, f.fee
      FROM trading.fills f JOIN trading.books b ON b.account_id = f.account_id AND b.book_id = f.book_id
     WHERE NOT EXISTS (SELECT FROM trading.fill_voids v
                        WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
)
SELECT s.book_id, s.asset, sum(s.shared) AS shared, sum(s.charged) AS charged
  FROM share s
 WHERE s.account_id = coalesce(%(account_id)s::integer, s.account_id)
 GROUP BY s.account_id, s.book_id, s.asset
HAVING sum(s.shared) <> sum(s.charged)
