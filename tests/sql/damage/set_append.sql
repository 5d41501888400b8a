UPDATE trading.{table} SET {column} = {column} || 'x' WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM {column} || 'x'
