SELECT category, symbol, multiplier, qty_step, tick_size, contract_type, status FROM trading.instruments
