-- An account and bots that nobody has registered yet, for a transaction that is taken back. Locks no table, as
-- registering does: nobody will ever see them, so their names need not be unique.
WITH account AS (
    INSERT INTO trading.accounts (account_id, name) OVERRIDING SYSTEM VALUE
    SELECT %(account_id)s::integer, %(account)s::text
     WHERE NOT EXISTS (SELECT FROM trading.accounts a WHERE a.account_id = %(account_id)s::integer)
    RETURNING account_id
)
INSERT INTO trading.bots (account_id, bot_id)
SELECT coalesce((SELECT account_id FROM account), %(account_id)s::integer), u.bot_id
  FROM unnest(%(bots)s::text[]) AS u (bot_id)
 ORDER BY u.bot_id COLLATE "C"
ON CONFLICT DO NOTHING
