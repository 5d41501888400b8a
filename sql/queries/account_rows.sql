-- How many rows an account has in each table, and a digest of their versions that any write to them changes. Where time
-- is all that changes in a row, as the end of what is covered and the moment at which a run was confirmed, it counts not.
SELECT 'fills' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.fills WHERE account_id = %(account_id)s
UNION ALL
SELECT 'fill_voids' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.fill_voids WHERE account_id = %(account_id)s
UNION ALL
SELECT 'funding_payments' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.funding_payments WHERE account_id = %(account_id)s
UNION ALL
SELECT 'books' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.books WHERE account_id = %(account_id)s
UNION ALL
SELECT 'lots' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.lots WHERE account_id = %(account_id)s
UNION ALL
SELECT 'completed_trades' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.completed_trades WHERE account_id = %(account_id)s
UNION ALL
SELECT 'book_rebuilds' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.book_rebuilds WHERE account_id = %(account_id)s
UNION ALL
SELECT 'orders' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.orders WHERE account_id = %(account_id)s
UNION ALL
SELECT 'coverage', count(*), NULL FROM trading.coverage WHERE account_id = %(account_id)s
UNION ALL
SELECT 'quarantined_executions' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.quarantined_executions WHERE account_id = %(account_id)s
UNION ALL
SELECT 'reconciliation_findings' AS name, count(*) AS rows, md5(string_agg(xmin::text, ',' ORDER BY ctid)) AS versions
  FROM trading.reconciliation_findings WHERE account_id = %(account_id)s
UNION ALL
SELECT 'reconciliation_runs', count(*), NULL FROM trading.reconciliation_runs WHERE account_id = %(account_id)s
 ORDER BY name
