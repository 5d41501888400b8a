-- The first differences of a book, and how many there are in all.
SELECT d.subject, d.item, d.field, d.stored, d.derived, count(*) OVER () AS total
  FROM trading.verify_book(%(account_id)s::integer, %(book_id)s::integer) WITH ORDINALITY
       AS d (subject, item, field, stored, derived, n)
 ORDER BY d.n
 LIMIT %(limit)s::bigint
