-- Books to compare with an earlier system: all of each bot that it booked trades for. `since` and `until` bound the time
-- over which it worked for the bot, whatever the book.
WITH old AS (
    SELECT l.account_id, l.bot_id, l.category, l.symbol, trading.leg_of(l) AS position_idx, l.source, l.exit_time
      FROM trading.legacy_trades l
      JOIN trading.accounts a USING (account_id)
     WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
       AND (%(bot)s::text IS NULL OR l.bot_id = %(bot)s::text)
       AND (%(source)s::text IS NULL OR l.source = %(source)s::text)
), span AS (
    SELECT account_id, bot_id, min(exit_time) AS since, max(exit_time) AS until,
           array_agg(DISTINCT source ORDER BY source) AS sources
      FROM old GROUP BY account_id, bot_id
), line AS (
    SELECT account_id, bot_id, category, symbol, position_idx FROM old
    UNION
    SELECT account_id, bot_id, category, symbol, position_idx FROM trading.books JOIN span USING (account_id, bot_id)
)
SELECT n.account_id, a.name AS account, n.bot_id, n.category, n.symbol, n.position_idx, k.book_id,
       coalesce(k.multiplier, 1) AS multiplier,
       coalesce(k.settle_coin, i.settle_coin, (trading.coins_of(n.category, n.symbol)).settle_coin) AS settle_coin,
       s.since, s.until, s.sources
  FROM line n
  JOIN span s USING (account_id, bot_id)
  JOIN trading.accounts a USING (account_id)
  LEFT JOIN trading.books k USING (account_id, bot_id, category, symbol, position_idx)
  LEFT JOIN trading.instruments i USING (account_id, category, symbol)
 WHERE (%(symbol)s::text IS NULL OR n.symbol = %(symbol)s::text)
   AND (%(category)s::text IS NULL OR n.category = %(category)s::text)
 ORDER BY a.name, n.bot_id, n.category, n.symbol, n.position_idx
