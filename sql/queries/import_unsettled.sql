-- Which of these orders have a fill of the whole that counts for more than their executions leave of it, and in which book.
SELECT i.category, i.order_id, live.book_id
  FROM (SELECT DISTINCT * FROM unnest(%(categories)s::text[], %(order_ids)s::text[]) AS u (category, order_id)) i
  JOIN trading.fills whole ON whole.account_id = %(account_id)s AND whole.category = i.category
                          AND whole.exec_id = 'order:' || i.order_id
 CROSS JOIN LATERAL (SELECT k.book_id, k.exec_qty FROM trading.fills k
                      WHERE k.account_id = %(account_id)s AND k.order_id = i.order_id AND k.category = i.category
                        AND trading.is_order_level(k.exec_id)
                        AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                         WHERE v.account_id = k.account_id AND v.fill_id = k.fill_id)) live
 CROSS JOIN LATERAL (SELECT sum(x.exec_qty) AS qty FROM trading.fills x
                      WHERE x.account_id = %(account_id)s AND x.order_id = i.order_id AND x.category = i.category
                        AND NOT trading.is_order_level(x.exec_id)
                        AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                         WHERE v.account_id = x.account_id AND v.fill_id = x.fill_id)) executed
 WHERE live.exec_qty > whole.exec_qty - executed.qty
