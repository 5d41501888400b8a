DELETE FROM trading.{table} WHERE ctid = %(row)s::tid
