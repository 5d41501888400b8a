COPY (SELECT * FROM trading.fills WHERE recorded_at >= %s ORDER BY recorded_at) TO STDOUT (FORMAT binary)
