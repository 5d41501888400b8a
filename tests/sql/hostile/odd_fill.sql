SELECT trading.record_fill(
    1, 'bob', NULL, 'linear', %(symbol)s::text, 0::smallint, 'Buy', %(price)s::numeric, %(qty)s::numeric, %(at)s::timestamptz,
    %(exec_id)s::text, NULL, NULL, %(commission)s::numeric, %(text)s::text, %(text)s::text, 5, NULL, 'Trade', 'bot')
