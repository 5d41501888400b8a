-- Orders of which a row stands for the whole and others lie in other books. Most orders have one row.
WITH several AS (
    SELECT category, order_id FROM fills
     WHERE NOT is_cash AND order_id IS NOT NULL
     GROUP BY category, order_id
    HAVING count(*) > 1 AND bool_or(whole_order)
)
SELECT f.category, f.order_id
  FROM fills f JOIN several s ON s.category = f.category AND s.order_id = f.order_id
 WHERE NOT f.is_cash
 GROUP BY f.category, f.order_id
HAVING count(DISTINCT (f.bot_id, f.symbol, f.position_idx)) > 1
 ORDER BY f.category, f.order_id
