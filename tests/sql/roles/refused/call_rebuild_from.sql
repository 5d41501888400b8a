SELECT trading.rebuild_from(b, trading.zero_checkpoint(), 'forged', NULL) FROM trading.books b
