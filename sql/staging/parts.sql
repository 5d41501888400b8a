-- The rows of orders that were written in several parts.
SELECT category, exec_id, n, exec_price, exec_qty, commission
  FROM judged j
 WHERE verdict IN ('counts', 'part')
   AND (category, exec_id) IN (SELECT (category, exec_id) FROM judged WHERE verdict = 'part')
 ORDER BY category, exec_id, n
