UPDATE trading.{table} SET {column} = coalesce({column}, 1) WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM coalesce({column}, 1)
