UPDATE trading.funding_payments SET hash = hash
