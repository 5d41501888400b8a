UPDATE trading.{table} SET {column} = 'infinity' WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM 'infinity'
