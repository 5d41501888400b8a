-- Books cash row by row; how much of it was not there yet.
SELECT count(*) FILTER (WHERE NOT (trading.record_cash(
           %(account_id)s::integer, j.bot_id, j.bot_id, j.category, j.symbol, j.position_idx, j.side, j.exec_price,
           j.exec_qty, j.exec_time, j.exec_id, j.order_id, j.commission, j.commission_asset, j.seq, j.exec_type,
           %(source)s::text) ->> 'duplicate')::boolean) AS new
  FROM (SELECT * FROM json_to_recordset(%(rows)s::json) AS r (
            bot_id text, category text, symbol text, position_idx smallint, side text, exec_price numeric,
            exec_qty numeric, exec_time timestamptz, exec_id text, order_id text, commission numeric,
            commission_asset text, seq bigint, exec_type text)
         ORDER BY r.exec_time, r.seq, r.exec_id OFFSET 0) j
