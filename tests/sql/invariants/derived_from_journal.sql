-- No lot and no trade without its fills in the same book.
SELECT 'lot' AS kind, l.fill_id AS entry_fill_id, NULL AS exit_fill_id
  FROM trading.lots l
 WHERE l.account_id = coalesce(%(account_id)s::integer, l.account_id)
   AND NOT EXISTS (SELECT FROM trading.fills f
                    WHERE f.account_id = l.account_id AND f.book_id = l.book_id AND f.fill_id = l.fill_id
                      AND f.side = l.side AND f.exec_time = l.entry_time
                      AND f.exec_price IS NOT DISTINCT FROM l.entry_price)
UNION ALL
SELECT 'trade', t.entry_fill_id, t.exit_fill_id
  FROM trading.completed_trades t
 WHERE t.account_id = coalesce(%(account_id)s::integer, t.account_id)
   AND NOT EXISTS (
        SELECT FROM trading.fills e
          JOIN trading.fills x ON x.account_id = e.account_id AND x.book_id = e.book_id
         WHERE e.account_id = t.account_id AND e.book_id = t.book_id
           AND e.fill_id = t.entry_fill_id AND x.fill_id = t.exit_fill_id
           AND e.side = t.side AND x.side <> t.side
           AND e.exec_time = t.entry_time AND x.exec_time = t.exit_time
           AND e.exec_price IS NOT DISTINCT FROM t.entry_price AND x.exec_price IS NOT DISTINCT FROM t.exit_price)
