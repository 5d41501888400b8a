DELETE FROM trading.coverage RETURNING endpoint
