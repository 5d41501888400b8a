UPDATE trading.{table} SET {column} = {column} + 0.000000000000000001 WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM {column} + 0.000000000000000001
