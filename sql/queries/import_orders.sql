-- Which fills of these orders the ledger has: of the whole order, single executions, and in which book.
SELECT i.category, i.order_id, f.book_id, bool_or(trading.is_order_level(f.exec_id)) AS has_whole,
       bool_or(NOT trading.is_order_level(f.exec_id)) AS has_executions
  FROM (SELECT DISTINCT * FROM unnest(%(categories)s::text[], %(order_ids)s::text[]) AS u (category, order_id)) i
 CROSS JOIN LATERAL (SELECT * FROM trading.fills k WHERE k.account_id = %(account_id)s
                        AND k.order_id = i.order_id OFFSET 0) f
 WHERE f.category = i.category
 GROUP BY i.category, i.order_id, f.book_id
