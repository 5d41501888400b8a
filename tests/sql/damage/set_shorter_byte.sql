UPDATE trading.{table} SET {column} = substr({column}, 1, length({column}) - 1) WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM substr({column}, 1, length({column}) - 1)
