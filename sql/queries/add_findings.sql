SELECT trading.add_findings(%(account_id)s::integer, %(findings)s::json) AS added
