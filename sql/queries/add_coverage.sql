SELECT trading.add_coverage(%(account_id)s::integer, %(endpoint)s::text, %(category)s::text, %(since)s::timestamptz,
                            %(until)s::timestamptz)
