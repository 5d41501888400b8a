UPDATE trading.{table} SET {column} = {column} || '\x00'::bytea WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM {column} || '\x00'::bytea
