UPDATE trading.{table} SET {column} = NOT {column} WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM NOT {column}
