SELECT * FROM trading.fills ORDER BY fill_id
