UPDATE trading.{table} SET {column} = coalesce({column}, true) WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM coalesce({column}, true)
