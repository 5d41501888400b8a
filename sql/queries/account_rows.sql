-- How many rows an account has in each table, and a digest of their versions that any write to them changes. Where time
-- is all that changes in a row, as the end of what is covered and the moment at which a run was confirmed, it counts not.
WITH stored AS (
    SELECT 'fills' AS name, ctid, xmin FROM trading.fills WHERE account_id = %(account_id)s
    UNION ALL SELECT 'fill_voids' AS name, ctid, xmin FROM trading.fill_voids WHERE account_id = %(account_id)s
    UNION ALL SELECT 'funding_payments' AS name, ctid, xmin FROM trading.funding_payments WHERE account_id = %(account_id)s
    UNION ALL SELECT 'books' AS name, ctid, xmin FROM trading.books WHERE account_id = %(account_id)s
    UNION ALL SELECT 'lots' AS name, ctid, xmin FROM trading.lots WHERE account_id = %(account_id)s
    UNION ALL SELECT 'completed_trades' AS name, ctid, xmin FROM trading.completed_trades WHERE account_id = %(account_id)s
    UNION ALL SELECT 'book_rebuilds' AS name, ctid, xmin FROM trading.book_rebuilds WHERE account_id = %(account_id)s
    UNION ALL SELECT 'orders' AS name, ctid, xmin FROM trading.orders WHERE account_id = %(account_id)s
    UNION ALL SELECT 'coverage' AS name, ctid, xmin FROM trading.coverage WHERE account_id = %(account_id)s
    UNION ALL SELECT 'quarantined_executions' AS name, ctid, xmin FROM trading.quarantined_executions WHERE account_id = %(account_id)s
    UNION ALL SELECT 'reconciliation_runs' AS name, ctid, xmin FROM trading.reconciliation_runs WHERE account_id = %(account_id)s
    UNION ALL SELECT 'reconciliation_findings' AS name, ctid, xmin FROM trading.reconciliation_findings WHERE account_id = %(account_id)s
)
SELECT name, count(*) AS rows,
       CASE WHEN name NOT IN ('coverage', 'reconciliation_runs') THEN md5(string_agg(xmin::text, ',' ORDER BY ctid)) END
       AS versions
  FROM stored
 GROUP BY name
 ORDER BY name
