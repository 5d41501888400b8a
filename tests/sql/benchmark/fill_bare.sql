INSERT INTO bare SELECT * FROM trading.fills ORDER BY recorded_at
