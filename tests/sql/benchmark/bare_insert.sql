INSERT INTO bare (account_id, fill_id, book_id, book_seq, exec_time, seq, recorded_at, position_idx, bot_id, category,
                  symbol, exec_id, order_id, side, exec_type, exec_price, exec_qty, commission, commission_asset,
                  source, signed_qty, fee, hash)
VALUES (%(account_id)s::integer, 1, 1, 1, %(exec_time)s::timestamptz, 0, clock_timestamp(), %(position_idx)s::smallint,
        %(bot_id)s::text, %(category)s::text, %(symbol)s::text, %(exec_id)s::text, %(order_id)s::text, %(side)s::text,
        %(exec_type)s::text, %(exec_price)s::numeric, %(exec_qty)s::numeric, %(commission)s::numeric, 'USDT',
        %(source)s::text, %(exec_qty)s::numeric, %(commission)s::numeric, sha256(%(exec_id)s::text::bytea))
