SELECT count(*), count(DISTINCT exec_id) FROM trading.fills
