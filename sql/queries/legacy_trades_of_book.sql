-- What the earlier system booked for one line, in the order of its exits.
SELECT l.source, l.legacy_id, l.side, l.quantity, l.entry_price, l.exit_price, l.exit_time,
       coalesce(l.net_pnl, l.gross_pnl) AS pnl, l.net_pnl IS NOT NULL AS is_net, l.commission, l.exit_order_id,
       l.exit_client_order_id
  FROM trading.legacy_trades l
 WHERE l.account_id = %(account_id)s::integer AND l.bot_id = %(bot_id)s::text AND l.category = %(category)s::text
   AND l.symbol = %(symbol)s::text AND trading.leg_of(l) = %(position_idx)s::smallint
   AND (%(source)s::text IS NULL OR l.source = %(source)s::text)
 ORDER BY l.exit_time, l.source, length(l.legacy_id), l.legacy_id
