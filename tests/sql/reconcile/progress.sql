SELECT (SELECT count(*) FROM trading.fills) AS fills, (SELECT count(*) FROM trading.orders) AS orders,
       (SELECT count(*) FROM trading.coverage) AS covered, (SELECT count(*) FROM trading.reconciliation_runs) AS runs,
       (SELECT count(*) FROM trading.completed_trades) AS trades
