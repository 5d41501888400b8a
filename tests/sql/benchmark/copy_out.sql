COPY (SELECT * FROM trading.fills ORDER BY exec_time) TO STDOUT (FORMAT csv)
