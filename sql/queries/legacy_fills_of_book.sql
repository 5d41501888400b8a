-- The fills of a book that count, in exchange order, each with what it closed: quantity, P&L, and the commissions in the
-- settle coin. `side` is that of the position which was closed.
SELECT f.fill_id, f.exec_time, f.order_id, f.client_order_id, f.signed_qty, f.exec_price,
       CASE WHEN trading.fee_asset(k, f.commission_asset) = k.settle_coin THEN f.fee ELSE 0 END AS fee,
       t.side, coalesce(t.quantity, 0) AS closed, t.gross, t.entry_fee, t.exit_fee, t.net
  FROM trading.fills f
  JOIN trading.books k USING (account_id, book_id)
  LEFT JOIN (SELECT c.exit_fill_id, min(c.side) AS side, sum(c.quantity) AS quantity,
                    CASE WHEN bool_and(c.net_pnl IS NOT NULL) THEN sum(c.gross_pnl) END AS gross,
                    CASE WHEN bool_and(c.net_pnl IS NOT NULL) THEN sum(c.net_pnl) END AS net,
                    sum(CASE WHEN c.entry_commission_asset = c.settle_coin THEN c.entry_commission ELSE 0 END) AS entry_fee,
                    sum(CASE WHEN c.exit_commission_asset = c.settle_coin THEN c.exit_commission ELSE 0 END) AS exit_fee
               FROM trading.completed_trades c
              WHERE c.account_id = %(account_id)s::integer
                AND c.exit_fill_id >= %(book_id)s::bigint << 32 AND c.exit_fill_id < (%(book_id)s::bigint + 1) << 32
              GROUP BY c.exit_fill_id) t ON t.exit_fill_id = f.fill_id
 WHERE f.account_id = %(account_id)s::integer AND f.book_id = %(book_id)s::integer
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY f.exec_time, f.seq, f.exec_id
