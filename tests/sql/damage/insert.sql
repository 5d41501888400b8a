-- A copy of a row with some columns changed.
INSERT INTO trading.{table}
SELECT (jsonb_populate_record(t, %(changes)s::jsonb)).* FROM trading.{table} t WHERE t.ctid = %(row)s::tid
