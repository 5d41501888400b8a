SELECT (extract(epoch FROM s.from_time) * 1000000)::bigint AS from_time, s.from_seq, s.from_exec_id
  FROM trading.settle_orders(%(account_id)s::integer, %(book_id)s::integer, %(order_ids)s::text[]) s
