-- What closed trades have in common, by the dimensions asked for and always by settle coin. A win is a net P&L above
-- zero; trades whose P&L nobody knows are counted in `unpriced_trades` and left out of all averages.
WITH trade AS (
    SELECT CASE WHEN 'account' = ANY(%(by)s::text[]) THEN a.name END AS account,
           CASE WHEN 'bot' = ANY(%(by)s::text[]) THEN t.bot_id END AS bot_id,
           CASE WHEN 'symbol' = ANY(%(by)s::text[]) THEN t.category END AS category,
           CASE WHEN 'symbol' = ANY(%(by)s::text[]) THEN t.symbol END AS symbol,
           CASE WHEN 'side' = ANY(%(by)s::text[]) THEN t.side END AS side,
           CASE WHEN 'reason' = ANY(%(by)s::text[]) THEN coalesce(t.exit_reason, '') END AS reason,
           CASE WHEN 'day' = ANY(%(by)s::text[]) THEN (t.exit_time AT TIME ZONE 'UTC')::date END AS day,
           t.settle_coin AS coin, t.gross_pnl, t.net_pnl, t.exit_time - t.entry_time AS held, t.holding_seconds,
           CASE WHEN t.entry_commission_asset = t.settle_coin THEN t.entry_commission ELSE 0 END
           + CASE WHEN t.exit_commission_asset = t.settle_coin THEN t.exit_commission ELSE 0 END AS fee,
           t.entry_commission, t.entry_commission_asset, t.exit_commission, t.exit_commission_asset
      FROM trading.completed_trades t
      JOIN trading.accounts a USING (account_id)
     WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
       AND (%(bot)s::text IS NULL OR t.bot_id = %(bot)s::text)
       AND (%(symbol)s::text IS NULL OR t.symbol = %(symbol)s::text)
       AND (%(category)s::text IS NULL OR t.category = %(category)s::text)
       AND (%(since)s::timestamptz IS NULL OR t.exit_time >= %(since)s::timestamptz)
       AND (%(until)s::timestamptz IS NULL OR t.exit_time < %(until)s::timestamptz)
), other AS (
    SELECT ROW(account, bot_id, category, symbol, side, reason, day, coin)::text AS key,
           jsonb_object_agg(asset, amount::text ORDER BY asset) AS amounts
      FROM (SELECT account, bot_id, category, symbol, side, reason, day, coin, asset, sum(amount) AS amount
              FROM trade
             CROSS JOIN LATERAL (VALUES (entry_commission_asset, entry_commission),
                                        (exit_commission_asset, exit_commission)) AS c (asset, amount)
             WHERE asset <> coin AND amount <> 0
             GROUP BY account, bot_id, category, symbol, side, reason, day, coin, asset) s
     GROUP BY account, bot_id, category, symbol, side, reason, day, coin
), summed AS (
    SELECT ROW(account, bot_id, category, symbol, side, reason, day, coin)::text AS key,
           account, bot_id, category, symbol, side, reason, day, coin, count(*) AS trades,
           count(*) FILTER (WHERE net_pnl > 0) AS wins, count(*) FILTER (WHERE net_pnl < 0) AS losses,
           count(*) FILTER (WHERE net_pnl IS NULL) AS unpriced_trades, count(net_pnl) AS priced,
           coalesce(sum(net_pnl) FILTER (WHERE net_pnl > 0), 0) AS won,
           coalesce(-sum(net_pnl) FILTER (WHERE net_pnl < 0), 0) AS lost,
           coalesce(sum(gross_pnl), 0) AS gross_pnl, sum(fee) AS fees, coalesce(sum(net_pnl), 0) AS net_pnl,
           max(net_pnl) AS best, min(net_pnl) AS worst, sum(holding_seconds) AS held,
           extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY held)) AS median_holding_seconds
      FROM trade GROUP BY account, bot_id, category, symbol, side, reason, day, coin
)
SELECT s.account, s.bot_id, s.category, s.symbol, s.side, s.reason, s.day, s.coin, s.trades, s.wins, s.losses,
       s.unpriced_trades, trading.half_even(s.wins * 100, nullif(s.priced, 0)) AS win_rate_pct,
       trading.half_even(s.won, nullif(s.wins, 0)) AS average_win,
       -trading.half_even(s.lost, nullif(s.losses, 0)) AS average_loss,
       trading.half_even(s.won, nullif(s.lost, 0)) AS profit_factor,
       trading.half_even(s.net_pnl, nullif(s.priced, 0)) AS average_trade,
       s.gross_pnl, s.fees, s.net_pnl, coalesce(o.amounts, '{}') AS other_fees, s.best, s.worst,
       trading.half_even(s.held, s.trades) AS average_holding_seconds, s.median_holding_seconds
  FROM summed s
  LEFT JOIN other o ON o.key = s.key
 ORDER BY s.account, s.bot_id, s.category, s.symbol, s.side, s.reason, s.day, s.coin
