SELECT reason, field, count(*) AS count FROM rejected
 GROUP BY reason, field ORDER BY count DESC, reason, field LIMIT 100
