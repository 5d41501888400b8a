-- What a book's row keeps is what its lots, trades and journal add up to.
SELECT b.book_id, b.entries, b.trades, b.realized_gross, b.realized_net, b.open_commission, b.open_cost, b.dust_qty,
       e.entries AS lots, e.cost, e.commission, t.trades AS closed, t.gross, t.net, d.dust
  FROM trading.books b
 CROSS JOIN LATERAL (
        SELECT count(*) AS entries, coalesce(sum(x.remaining_qty * x.entry_price), 0) AS cost,
               coalesce(sum(x.remaining_commission) FILTER (WHERE x.commission_asset = b.settle_coin), 0) AS commission,
               min(x.entry_time) AS first_time, max(x.entry_time) AS last_time
          FROM trading.position_entries x
         WHERE x.account_id = b.account_id AND x.book_id = b.book_id AND x.remaining_qty > 0) e
 CROSS JOIN LATERAL (
        SELECT count(*) AS trades, coalesce(sum(x.gross_pnl), 0) AS gross, coalesce(sum(x.net_pnl), 0) AS net
          FROM trading.completed_trades x
         WHERE x.account_id = b.account_id AND x.book_id = b.book_id) t
 CROSS JOIN LATERAL (
        SELECT coalesce(-sum(x.commission), 0) AS dust FROM trading.fills x
         WHERE x.account_id = b.account_id AND x.book_id = b.book_id
           AND x.category = 'spot' AND x.side = 'Sell' AND x.commission_asset = b.base_coin
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = x.account_id AND v.fill_id = x.fill_id)) d
 WHERE b.account_id = coalesce(%(account_id)s::integer, b.account_id)
   AND ((b.entries, b.trades, b.realized_gross, b.realized_net, b.open_commission, b.dust_qty)
            <> (e.entries, t.trades, t.gross, t.net, e.commission, d.dust)
        OR b.category <> 'inverse' AND b.open_cost <> e.cost
        OR (b.first_entry_time, b.last_entry_time) IS DISTINCT FROM (e.first_time, e.last_time))
