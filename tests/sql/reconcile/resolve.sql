SELECT trading.resolve_finding(1, %(finding_id)s, 'the bot rounds fees')
