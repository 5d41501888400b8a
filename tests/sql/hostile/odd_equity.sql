SELECT trading.update_equity(1, 'bob', %(qty)s::numeric)
