UPDATE trading.{table} SET {column} = 0 WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM 0
