-- Orders of which a row stands for the whole and others lie in other books.
SELECT category, order_id FROM fills
 WHERE NOT is_cash AND order_id IS NOT NULL
 GROUP BY category, order_id
HAVING bool_or(whole_order) AND count(DISTINCT (bot_id, symbol, position_idx)) > 1
 ORDER BY category, order_id
