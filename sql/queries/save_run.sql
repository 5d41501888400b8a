SELECT trading.save_run(%(account_id)s::integer, %(started_at)s::timestamptz, %(status)s::text, %(digest)s::text,
                        %(changed)s::boolean, %(compared)s::json, %(findings)s::json,
                        %(settled)s::bigint[], %(error)s::text) AS run_id
