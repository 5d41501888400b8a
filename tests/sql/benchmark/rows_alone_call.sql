SELECT rows_alone(%(account_id)s::integer, %(bot_id)s::text, %(category)s::text, %(symbol)s::text,
                  %(position_idx)s::smallint, %(side)s::text, %(exec_price)s::numeric, %(exec_qty)s::numeric,
                  %(exec_time)s::timestamptz, %(exec_id)s::text, %(order_id)s::text, %(commission)s::numeric,
                  %(exec_type)s::text, %(source)s::text)
