-- Whose these orders are, by the order itself or by a fill of it.
SELECT i.category, i.order_id,
       coalesce((SELECT o.bot_id FROM trading.orders o WHERE o.account_id = %(account_id)s
                    AND o.category = i.category AND o.order_id = i.order_id),
                (SELECT f.bot_id FROM trading.fills f WHERE f.account_id = %(account_id)s
                    AND f.order_id = i.order_id AND f.category = i.category LIMIT 1)) AS bot_id
  FROM unnest(%(categories)s::text[], %(order_ids)s::text[]) AS i (category, order_id)
