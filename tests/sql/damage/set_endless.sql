UPDATE trading.{table} SET {column} = 'Infinity' WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM 'Infinity'
