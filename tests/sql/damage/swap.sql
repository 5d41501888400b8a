-- Two rows of a table take each other's place: they exchange the columns named.
WITH gone AS (
    DELETE FROM trading.{table} WHERE ctid = ANY(%(rows)s::tid[]) RETURNING *
)
INSERT INTO trading.{table}
SELECT (jsonb_populate_record(NULL::trading.{table}, to_jsonb(a)
        || (SELECT jsonb_object_agg(k, to_jsonb(b) -> k) FROM unnest(%(columns)s::text[]) k))).*
  FROM gone a JOIN gone b ON a <> b
