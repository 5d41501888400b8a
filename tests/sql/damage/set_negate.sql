UPDATE trading.{table} SET {column} = -{column} WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM -{column}
