SELECT DISTINCT category, order_id FROM judged
 WHERE verdict = 'counts' AND order_id IS NOT NULL ORDER BY category, order_id
