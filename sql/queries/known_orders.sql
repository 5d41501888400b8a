-- What the ledger knows of orders: who owns them, by the order itself or by its fills, and on which leg they are.
SELECT i.order_id, coalesce(o.bot_id, f.bot_id) AS bot_id, o.position_idx, o.create_type, o.stop_order_type,
       o.order_id IS NOT NULL AS stored
  FROM unnest(%(order_ids)s::text[]) AS i (order_id)
  LEFT JOIN trading.orders o
    ON o.account_id = %(account_id)s AND o.category = %(category)s AND o.order_id = i.order_id
  LEFT JOIN LATERAL (SELECT k.bot_id FROM trading.fills_of_order(%(account_id)s, %(category)s, i.order_id) k
                      LIMIT 1) f ON true
