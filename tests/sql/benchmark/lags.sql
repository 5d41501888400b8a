SELECT extract(epoch FROM recorded_at - exec_time) FROM trading.fills
