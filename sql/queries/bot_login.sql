-- Where a bot is registered, and whether a login exists and may use the ledger at all.
SELECT t.account_id, a.name AS account, t.login_role, r.rolname IS NOT NULL AS login_exists,
       coalesce(pg_has_role(r.oid, 'ledger_bot', 'USAGE'), false) AS is_ledger_bot
  FROM trading.bots t
  JOIN trading.accounts a USING (account_id)
  LEFT JOIN pg_roles r ON r.rolname = %(login)s::text
 WHERE t.bot_id = %(bot)s AND (%(account)s::text IS NULL OR a.name = %(account)s::text)
 ORDER BY a.name
