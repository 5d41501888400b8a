-- What is not a quotient: nothing in, flat, free, of unknown price.
SELECT trading.half_even(NULL, 1), trading.share(NULL, 0, 1, 2), trading.gross_pnl('linear', 'Buy', 1, 1, NULL, 2),
       trading.gross_pnl('linear', 'Buy', 1, 1, 2, NULL), trading.pnl_pct('linear', NULL, 1, 1, 1),
       trading.pnl_pct('linear', 5, 1, 1, 0), trading.average_price('linear', 0, 0, 0),
       trading.average_price('linear', 2, 5, 1), trading.average_price('linear', 2, 5, -1),
       trading.average_price('linear', 2, 0, 0), trading.average_price('inverse', 2, 0, 0),
       trading.average_price('linear', 0, 0, 1), trading.entry_value('inverse', 1, 3)::text,
       trading.entry_value('inverse', 0.12345678901234567890123456789012345678905, 1)::text
