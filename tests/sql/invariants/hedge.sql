-- A hedge leg never flips: leg 1 opens on Buy, leg 2 on Sell.
SELECT e.book_id, e.entry_id, e.position_idx, e.side
  FROM trading.position_entries e
 WHERE e.account_id = coalesce(%(account_id)s::integer, e.account_id)
   AND e.position_idx <> 0 AND e.side <> CASE e.position_idx WHEN 1 THEN 'Buy' ELSE 'Sell' END
