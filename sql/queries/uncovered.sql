-- The parts of [since, until) that are not proven fetched.
SELECT lower(r) AS since, upper(r) AS until
  FROM unnest(tstzmultirange(tstzrange(%(since)s::timestamptz, %(until)s::timestamptz)) - coalesce(
           (SELECT range_agg(c.range) FROM trading.coverage c
             WHERE c.account_id = %(account_id)s AND c.endpoint = %(endpoint)s AND c.category = %(category)s),
           '{}'::tstzmultirange)) r
 ORDER BY 1
