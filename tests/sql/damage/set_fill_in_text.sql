UPDATE trading.{table} SET {column} = coalesce({column}, 'x') WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM coalesce({column}, 'x')
