SELECT (SELECT count(*) FROM trading.orders WHERE raw IS NOT NULL) AS orders,
       (SELECT count(*) FROM trading.quarantined_executions WHERE raw <> '{{}}') AS quarantined,
       (SELECT count(*) FROM trading.reconciliation_runs WHERE compared IS NOT NULL) AS runs
