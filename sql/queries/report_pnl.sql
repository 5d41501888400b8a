-- Realized P&L by coin and by the dimensions asked for; what is not asked for is NULL. A commission counts in the
-- settle coin's line only if it was charged in that coin; `other_commissions` has the rest, by currency.
WITH trade AS (
    SELECT CASE WHEN 'account' = ANY(%(by)s::text[]) THEN a.name END AS account,
           CASE WHEN 'bot' = ANY(%(by)s::text[]) THEN t.bot_id END AS bot_id,
           CASE WHEN 'symbol' = ANY(%(by)s::text[]) THEN t.category END AS category,
           CASE WHEN 'symbol' = ANY(%(by)s::text[]) THEN t.symbol END AS symbol,
           CASE WHEN 'day' = ANY(%(by)s::text[]) THEN (t.exit_time AT TIME ZONE 'UTC')::date END AS day,
           t.settle_coin AS coin, t.gross_pnl, t.net_pnl, t.entry_commission, t.entry_commission_asset,
           t.exit_commission, t.exit_commission_asset
      FROM trading.completed_trades t
      JOIN trading.accounts a USING (account_id)
     WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
       AND (%(bot)s::text IS NULL OR t.bot_id = %(bot)s::text)
       AND (%(symbol)s::text IS NULL OR t.symbol = %(symbol)s::text)
       AND (%(category)s::text IS NULL OR t.category = %(category)s::text)
       AND (%(since)s::timestamptz IS NULL OR t.exit_time >= %(since)s::timestamptz)
       AND (%(until)s::timestamptz IS NULL OR t.exit_time < %(until)s::timestamptz)
), cash AS (
    SELECT CASE WHEN 'account' = ANY(%(by)s::text[]) THEN a.name END AS account,
           CASE WHEN 'bot' = ANY(%(by)s::text[]) THEN p.bot_id END AS bot_id,
           CASE WHEN 'symbol' = ANY(%(by)s::text[]) THEN p.category END AS category,
           CASE WHEN 'symbol' = ANY(%(by)s::text[]) THEN p.symbol END AS symbol,
           CASE WHEN 'day' = ANY(%(by)s::text[]) THEN (p.exec_time AT TIME ZONE 'UTC')::date END AS day,
           p.asset AS coin, p.amount
      FROM trading.funding_payments p
      JOIN trading.accounts a USING (account_id)
     WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
       AND (%(bot)s::text IS NULL OR p.bot_id = %(bot)s::text)
       AND (%(symbol)s::text IS NULL OR p.symbol = %(symbol)s::text)
       AND (%(category)s::text IS NULL OR p.category = %(category)s::text)
       AND (%(since)s::timestamptz IS NULL OR p.exec_time >= %(since)s::timestamptz)
       AND (%(until)s::timestamptz IS NULL OR p.exec_time < %(until)s::timestamptz)
), leg AS (
    SELECT account, bot_id, category, symbol, day, coin, entry_commission_asset AS asset, entry_commission AS amount
      FROM trade
    UNION ALL
    SELECT account, bot_id, category, symbol, day, coin, exit_commission_asset, exit_commission FROM trade
), line AS (
    SELECT account, bot_id, category, symbol, day, coin, gross_pnl AS gross, NULL::numeric AS commission,
           NULL::numeric AS funding, net_pnl AS net, 1 AS trades, (gross_pnl IS NULL)::integer AS unpriced
      FROM trade
    UNION ALL
    SELECT account, bot_id, category, symbol, day, coin, NULL, amount, NULL, NULL, 0, 0 FROM leg WHERE asset = coin
    UNION ALL
    SELECT account, bot_id, category, symbol, day, coin, NULL, NULL, amount, -amount, 0, 0 FROM cash
), other AS (
    SELECT ROW(account, bot_id, category, symbol, day, coin)::text AS key,
           jsonb_object_agg(asset, amount::text ORDER BY asset) AS amounts
      FROM (SELECT account, bot_id, category, symbol, day, coin, asset, sum(amount) AS amount FROM leg
             WHERE asset <> coin AND amount <> 0
             GROUP BY account, bot_id, category, symbol, day, coin, asset) s
     GROUP BY account, bot_id, category, symbol, day, coin
), summed AS (
    SELECT ROW(account, bot_id, category, symbol, day, coin)::text AS key,
           account, bot_id, category, symbol, day, coin, coalesce(sum(gross), 0) AS gross,
           coalesce(sum(commission), 0) AS commissions, coalesce(sum(funding), 0) AS funding,
           coalesce(sum(net), 0) AS net, sum(trades) AS trades, sum(unpriced) AS unpriced_trades
      FROM line GROUP BY account, bot_id, category, symbol, day, coin
)
SELECT s.account, s.bot_id, s.category, s.symbol, s.day, s.coin, s.trades, s.unpriced_trades, s.gross, s.commissions,
       s.funding, s.net, coalesce(o.amounts, '{}') AS other_commissions
  FROM summed s
  LEFT JOIN other o ON o.key = s.key
 ORDER BY s.account, s.bot_id, s.category, s.symbol, s.day, s.coin
