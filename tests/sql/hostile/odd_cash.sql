SELECT trading.record_cash(
    1, 'bob', NULL, 'linear', %(symbol)s::text, 0::smallint, NULL, %(price)s::numeric, %(qty)s::numeric, %(at)s::timestamptz,
    %(exec_id)s::text, NULL, %(commission)s::numeric, %(text)s::text, 5, 'Funding', 'bot')
