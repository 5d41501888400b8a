-- Every fill that counts opens and closes exactly its quantity; one that does not count opens and closes nothing.
SELECT f.fill_id, f.exec_id, f.signed_qty, coalesce(e.qty, 0) AS opened, coalesce(t.qty, 0) AS closed,
       v.fill_id IS NOT NULL AS is_void
  FROM trading.fills f
  LEFT JOIN trading.fill_voids v ON v.account_id = f.account_id AND v.fill_id = f.fill_id
  LEFT JOIN LATERAL (
        SELECT sum(x.original_qty) AS qty FROM trading.position_entries x
         WHERE x.account_id = f.account_id AND x.entry_id = f.fill_id AND x.side = f.side) e ON true
  LEFT JOIN LATERAL (
        SELECT sum(x.quantity) AS qty FROM trading.completed_trades x
         WHERE x.account_id = f.account_id AND x.exit_fill_id = f.fill_id AND x.side <> f.side) t ON true
 WHERE f.account_id = coalesce(%(account_id)s::integer, f.account_id)
   AND coalesce(e.qty, 0) + coalesce(t.qty, 0) <> CASE WHEN v.fill_id IS NULL THEN abs(f.signed_qty) ELSE 0 END
