COPY old_bots.completed_trades TO STDOUT (FORMAT csv, HEADER)
