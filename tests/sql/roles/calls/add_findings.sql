SELECT trading.add_findings(%(account_id)s, '[]')
