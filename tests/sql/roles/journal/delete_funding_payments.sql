DELETE FROM trading.funding_payments
