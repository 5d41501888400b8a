UPDATE trading.{table} SET {column} = NULL WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM NULL
