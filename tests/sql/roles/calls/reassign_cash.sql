SELECT trading.reassign_cash(%(account_id)s, 'linear', 'forged', 'external', 'manual')
