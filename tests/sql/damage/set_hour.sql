UPDATE trading.{table} SET {column} = {column} - interval '1 hour' WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM {column} - interval '1 hour'
