UPDATE trading.{table} SET {column} = {column} + 1000 WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM {column} + 1000
