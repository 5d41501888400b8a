-- Accounts, with what a service knows of each. `leader` is the service that leads, where the login may see it.
SELECT a.name AS account, a.venue, a.environment, a.uid, b.bots, r.status AS reconciliation, r.at AS reconciled_at,
       c.covered_until, l.pid IS NOT NULL AS led, s.application_name AS leader
  FROM trading.accounts a
 CROSS JOIN LATERAL (SELECT count(*) AS bots FROM trading.bots t
                      WHERE t.account_id = a.account_id AND t.bot_id <> 'external') b
  LEFT JOIN LATERAL (SELECT k.status, greatest(k.finished_at, k.confirmed_at) AS at FROM trading.reconciliation_runs k
                      WHERE k.account_id = a.account_id ORDER BY k.run_id DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT min(m.until) AS covered_until
                       FROM (SELECT max(upper(k.range)) AS until FROM trading.coverage k
                              WHERE k.account_id = a.account_id AND k.endpoint = 'executions'
                              GROUP BY k.category) m) c ON true
  LEFT JOIN LATERAL (SELECT k.pid FROM pg_locks k
                      WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
                        AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                        AND k.classid = 1718191728::oid AND k.objid = a.account_id::oid
                      LIMIT 1) l ON true
  LEFT JOIN pg_stat_activity s ON s.pid = l.pid
 WHERE %(account)s::text IS NULL OR a.name = %(account)s::text
 ORDER BY a.name
