SELECT trading.register_instrument(
    %(account_id)s::integer, %(bot_id)s::text, %(category)s::text, %(symbol)s::text, %(base_coin)s::text, %(quote_coin)s::text,
    %(settle_coin)s::text, %(multiplier)s::numeric, %(qty_step)s::numeric, %(tick_size)s::numeric,
    %(contract_type)s::text, %(status)s::text)
