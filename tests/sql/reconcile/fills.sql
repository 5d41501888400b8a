SELECT exec_id, bot_id, exec_time, recorded_at FROM trading.fills ORDER BY recorded_at
