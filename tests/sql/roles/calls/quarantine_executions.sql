SELECT trading.quarantine_executions(%(account_id)s, '[{{"category": "linear", "exec_id": "forged", "reason": "r", "raw": {{}}}}]')
