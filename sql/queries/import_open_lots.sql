-- Lots of a cycle that are open where its axis is closed up to `closed`, and that the next fills may close: `reach` is how
-- far they could. Only those that fills before `before_fill_id` opened.
SELECT l.fill_id, l.entry_time AS exec_time, l.side, trim_scale(l.entry_price)::text AS exec_price,
       l.commission_asset AS fee_asset, f.close_reason, f.order_id, f.client_order_id,
       trim_scale(l.open_to - l.open_from)::text AS quantity,
       trim_scale(greatest(%(closed)s::numeric - l.open_from, 0))::text AS consumed,
       trim_scale(l.commission)::text AS commission
  FROM trading.lots l
  JOIN trading.fills f ON f.account_id = l.account_id AND f.fill_id = l.fill_id
 WHERE l.account_id = %(account_id)s AND l.cycle_id = %(cycle_id)s
   AND l.open_from >= (SELECT max(s.open_from) FROM trading.lots s
                        WHERE s.account_id = %(account_id)s AND s.cycle_id = %(cycle_id)s
                          AND s.open_from <= %(closed)s::numeric)
   AND l.open_from < %(closed)s::numeric + %(reach)s::numeric AND l.open_to > %(closed)s::numeric
   AND l.fill_id < %(before_fill_id)s
 ORDER BY l.open_from
