SELECT trading.register_instrument(1, 'bob', 'linear', %(text)s::text, 'A', 'B', 'C', %(qty)s::numeric, NULL, NULL, NULL, NULL)
