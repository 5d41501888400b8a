-- What the ledger has of these executions already, in either journal; decimals plain, times in microseconds.
WITH given AS (
    SELECT * FROM unnest(%(categories)s::text[], %(exec_ids)s::text[]) AS i (category, exec_id)
)
SELECT f.category, f.exec_id, f.symbol, f.position_idx, f.side, f.exec_type, trim_scale(f.exec_price)::text AS exec_price,
       trim_scale(f.exec_qty)::text AS exec_qty, trim_scale(f.commission)::text AS commission, f.commission_asset,
       (extract(epoch FROM f.exec_time) * 1000000)::bigint AS exec_time, f.seq, f.order_id, f.client_order_id, f.is_maker
  FROM given i
 CROSS JOIN LATERAL trading.execution_of(%(account_id)s, i.category, i.exec_id) f
UNION ALL
SELECT p.category, p.exec_id, p.symbol, p.position_idx, p.side, p.exec_type, trim_scale(p.exec_price)::text,
       trim_scale(p.exec_qty)::text, trim_scale(p.amount)::text, p.asset,
       (extract(epoch FROM p.exec_time) * 1000000)::bigint, p.seq, p.order_id, NULL, NULL
  FROM given i
 CROSS JOIN LATERAL trading.payment_of(%(account_id)s, i.category, i.exec_id) p
