UPDATE trading.{table} SET {column} = 'NaN' WHERE ctid = %(row)s::tid AND {column} IS DISTINCT FROM 'NaN'
