SELECT c.orders, c.quarantined, c.runs
  FROM trading.clear_raw(%(account_id)s::integer, now() - make_interval(days => %(days)s::integer), %(most)s::integer) c
