-- original − Σ closed = remaining ≥ 0 for every lot, in quantity and in commission; its status says the same.
SELECT e.entry_id, e.exec_id, e.original_qty, coalesce(t.qty, 0) AS closed, e.remaining_qty, e.entry_commission,
       coalesce(t.commission, 0) AS closed_commission, e.remaining_commission, e.status
  FROM trading.position_entries e
  LEFT JOIN LATERAL (
        SELECT sum(x.quantity) AS qty, sum(x.entry_commission) AS commission FROM trading.completed_trades x
         WHERE x.account_id = e.account_id AND x.book_id = e.book_id AND x.entry_fill_id = e.entry_id) t ON true
 WHERE e.account_id = coalesce(%(account_id)s::integer, e.account_id)
   AND (e.original_qty - coalesce(t.qty, 0) <> e.remaining_qty
        OR e.remaining_qty < 0
        OR e.entry_commission - coalesce(t.commission, 0) <> e.remaining_commission
        OR e.status <> CASE WHEN e.remaining_qty = 0 THEN 'closed'
                            WHEN e.remaining_qty = e.original_qty THEN 'open' ELSE 'partially_closed' END)
