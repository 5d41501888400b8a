ANALYZE trading.fills, trading.lots, trading.completed_trades, trading.books
