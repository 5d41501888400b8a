-- The accounts; with a bot, those on which it is registered.
SELECT a.account_id, a.name AS account, a.venue, a.environment
  FROM trading.accounts a
 WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(bot)s::text IS NULL OR EXISTS (SELECT FROM trading.bots b
                                          WHERE b.account_id = a.account_id AND b.bot_id = %(bot)s::text))
 ORDER BY a.name
