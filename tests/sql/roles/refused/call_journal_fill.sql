SELECT trading.journal_fill(b, f) FROM trading.books b, trading.fills f
