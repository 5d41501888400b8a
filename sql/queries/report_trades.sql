-- The latest ones where a limit is given, in the order of their exits; `total` counts those without the limit.
SELECT r.*
  FROM (SELECT a.name AS account, t.bot_id, t.category, t.symbol, t.position_idx, t.side, t.quantity, t.entry_price,
               t.exit_price, t.entry_time, t.exit_time, t.holding_seconds, t.gross_pnl, t.entry_commission,
               t.entry_commission_asset, t.exit_commission, t.exit_commission_asset, t.net_pnl, t.pnl_pct,
               t.settle_coin, t.pnl_reason, t.entry_reason, t.exit_reason, t.entry_order_id, t.exit_order_id,
               t.entry_client_order_id, t.exit_client_order_id, t.entry_fill_id, t.exit_fill_id, t.source,
               count(*) OVER () AS total
          FROM trading.completed_trades t
          JOIN trading.accounts a USING (account_id)
         WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
           AND (%(bot)s::text IS NULL OR t.bot_id = %(bot)s::text)
           AND (%(symbol)s::text IS NULL OR t.symbol = %(symbol)s::text)
           AND (%(category)s::text IS NULL OR t.category = %(category)s::text)
           AND (%(reason)s::text IS NULL OR t.exit_reason = %(reason)s::text)
           AND (%(since)s::timestamptz IS NULL OR t.exit_time >= %(since)s::timestamptz)
           AND (%(until)s::timestamptz IS NULL OR t.exit_time < %(until)s::timestamptz)
         ORDER BY t.exit_time DESC, t.exit_fill_id DESC, t.entry_time DESC, t.entry_fill_id DESC
         LIMIT %(limit)s::bigint) r
 ORDER BY r.exit_time, r.exit_fill_id, r.entry_time, r.entry_fill_id
