-- The first and the last row of each book, in the order in which they were written.
SELECT DISTINCT r.ctid::text, r.account_id, r.book_id
  FROM (SELECT t.ctid, t.account_id, t.book_id, row_number() OVER (PARTITION BY t.book_id ORDER BY t.ctid) AS n,
               count(*) OVER (PARTITION BY t.book_id) AS rows
          FROM trading.{table} t) r
 WHERE r.n IN (1, r.rows) OR (r.rows > 4 AND r.n = r.rows / 2)
 ORDER BY r.ctid::text
