-- The time ranges that are proven fetched.
SELECT a.name AS account, c.endpoint, c.category, lower(c.range) AS since, upper(c.range) AS until,
       extract(epoch FROM upper(c.range) - lower(c.range)) AS seconds, c.fetched_at
  FROM trading.coverage c
  JOIN trading.accounts a USING (account_id)
 WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(category)s::text IS NULL OR c.category = %(category)s::text)
 ORDER BY a.name, c.endpoint, c.category, c.range
