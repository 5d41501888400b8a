-- What a proof of a book cannot do without: the hash chain, what each fill does, and each lot and trade beside the fills
-- that made it, compared. Nothing is added up, nothing said of the book's state, of cash, or of a difference.
WITH step AS MATERIALIZED (
    SELECT s.*, s.opened_to - s.open_qty AS opened_from, s.closed_to - s.close_qty AS closed_from,
           abs(s.signed_qty) AS qty, s.fee - trading.share(s.fee, 0, s.close_qty, abs(s.signed_qty)) AS lot_fee
      FROM trading.derive_steps(%(account_id)s::integer, %(book_id)s::integer, trading.zero_checkpoint(), NULL) s
)
SELECT (SELECT count(*)
          FROM (SELECT f.hash, trading.link(lag(f.hash, 1, '\x'::bytea) OVER (ORDER BY f.fill_id),
                                            trading.canonical(f)) AS link
                  FROM trading.fills_of_book(%(account_id)s::integer, %(book_id)s::integer) f) c
         WHERE c.hash <> c.link),
       (SELECT count(*)
          FROM trading.lots l
          LEFT JOIN (SELECT * FROM step s WHERE s.open_qty > 0) e ON e.fill_id = l.fill_id
         WHERE l.account_id = %(account_id)s::integer
           AND l.fill_id BETWEEN %(book_id)s::bigint << 32 AND (%(book_id)s::bigint + 1) << 32
           AND (l.cycle_id, l.entry_time, l.side, l.entry_price, l.open_from, l.open_to, l.commission, l.commission_asset)
               IS DISTINCT FROM
               (e.cycle_id, e.exec_time, e.side, e.exec_price, e.open_to - e.open_qty, e.open_to, e.lot_fee,
                e.commission_asset)),
       (SELECT count(*)
          FROM trading.completed_trades t
          LEFT JOIN (SELECT * FROM step s WHERE s.open_qty > 0) e ON e.fill_id = t.entry_fill_id
          LEFT JOIN (SELECT * FROM step s WHERE s.close_qty > 0) x ON x.fill_id = t.exit_fill_id
         CROSS JOIN LATERAL (SELECT greatest(x.closed_from - e.opened_from, 0) AS entry_a,
                                    greatest(e.opened_from - x.closed_from, 0) AS exit_a OFFSET 0) i
         WHERE t.account_id = %(account_id)s::integer
           AND t.exit_fill_id BETWEEN %(book_id)s::bigint << 32 AND (%(book_id)s::bigint + 1) << 32
           AND (t.entry_time, t.exit_time, t.side, t.quantity, t.entry_price, t.exit_price, t.gross_pnl, t.net_pnl,
                t.entry_commission, t.exit_commission, t.pnl_pct, t.entry_commission_asset, t.exit_commission_asset,
                t.holding_seconds, t.entry_reason, t.exit_reason, t.entry_order_id, t.exit_order_id, t.entry_client_order_id, t.exit_client_order_id, t.source)
               IS DISTINCT FROM
               (e.exec_time, x.exec_time, e.side,
                least(e.opened_to, x.closed_to) - greatest(e.opened_from, x.closed_from), e.exec_price, x.exec_price,
                CASE e.side WHEN 'Buy' THEN x.exec_price - e.exec_price ELSE e.exec_price - x.exec_price END * t.quantity,
                t.gross_pnl - t.entry_commission - t.exit_commission,
                trading.checked_share(t.entry_commission, e.lot_fee, i.entry_a, i.entry_a + t.quantity, e.open_qty),
                trading.checked_share(t.exit_commission, x.fee, i.exit_a, i.exit_a + t.quantity, x.qty),
                trading.checked_pnl_pct(t.pnl_pct, 'linear', t.net_pnl, t.quantity, 1, t.entry_price),
                e.commission_asset, x.commission_asset, extract(epoch FROM x.exec_time - e.exec_time), e.close_reason, x.close_reason, e.order_id, x.order_id,
                e.client_order_id, x.client_order_id, x.source))
