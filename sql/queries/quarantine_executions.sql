SELECT trading.quarantine_executions(%(account_id)s::integer, %(executions)s::json) AS added
