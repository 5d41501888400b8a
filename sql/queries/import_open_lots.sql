-- Lots open now that the next fills may close: `reach` is how far they could close the cycle's axis.
SELECT l.fill_id, l.entry_time AS exec_time, l.side, trim_scale(l.entry_price)::text AS exec_price,
       l.commission_asset AS fee_asset, f.close_reason, f.order_id, f.client_order_id,
       trim_scale(l.open_to - l.open_from)::text AS quantity,
       trim_scale(greatest(b.closed - l.open_from, 0))::text AS consumed, trim_scale(l.commission)::text AS commission
  FROM trading.books b
  JOIN trading.lots l ON l.account_id = b.account_id AND l.cycle_id = b.cycle_id
  JOIN trading.fills f ON f.account_id = l.account_id AND f.fill_id = l.fill_id
 WHERE b.account_id = %(account_id)s AND b.book_id = %(book_id)s AND b.size > 0
   AND l.open_from >= trading.lot_start(b, b.closed) AND l.open_from < b.closed + %(reach)s::numeric
 ORDER BY l.open_from
