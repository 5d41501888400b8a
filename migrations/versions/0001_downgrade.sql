DROP TABLE trading.equity_snapshots, trading.reconciliation_findings, trading.reconciliation_runs,
    trading.quarantined_executions, trading.coverage, trading.orders, trading.book_rebuilds, trading.completed_trades, trading.lots,
    trading.funding_payments, trading.fill_voids, trading.fills, trading.books, trading.instruments, trading.bots,
    trading.accounts;
DROP TYPE trading.open_sum;
DROP TYPE trading.checkpoint;
