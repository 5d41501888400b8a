SELECT a.name AS account, a.venue, a.environment, t.bot_id, t.login_role, t.registered_at, t.last_heartbeat,
       t.equity, t.equity_at, count(b.book_id) AS books, count(*) FILTER (WHERE b.size > 0) AS open_positions,
       coalesce(sum(b.trades), 0)::bigint AS trades, max(b.last_exec_time) FILTER (WHERE b.book_seq > 0) AS last_fill_time
  FROM trading.bots t
  JOIN trading.accounts a USING (account_id)
  LEFT JOIN trading.books b ON b.account_id = t.account_id AND b.bot_id = t.bot_id
 WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(bot)s::text IS NULL OR t.bot_id = %(bot)s::text)
 GROUP BY a.account_id, t.account_id, t.bot_id
 ORDER BY a.name, t.bot_id
