-- In which books the ledger has fills of whole orders.
SELECT f.category, f.order_id, f.bot_id, f.symbol, f.position_idx
  FROM unnest(%(categories)s::text[], %(order_ids)s::text[]) AS i (category, order_id)
 CROSS JOIN LATERAL (SELECT * FROM trading.fills k WHERE k.account_id = %(account_id)s
                        AND k.category = i.category AND k.exec_id = 'order:' || i.order_id OFFSET 0) f
