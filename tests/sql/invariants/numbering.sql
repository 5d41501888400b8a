-- Each book's numbers run from 1 to its counter without a gap, and no two fills share one.
WITH given AS (
    SELECT account_id, book_id, book_seq FROM trading.fills
    UNION
    SELECT account_id, book_id, book_seq FROM trading.fill_voids
), numbered AS (
    SELECT g.account_id, g.book_id, min(g.book_seq) AS first, max(g.book_seq) AS last, count(*) AS given
      FROM given g GROUP BY g.account_id, g.book_id
), paid AS (
    SELECT p.account_id, p.book_id, min(p.cash_seq) AS first, max(p.cash_seq) AS last, count(*) AS given
      FROM trading.funding_payments p GROUP BY p.account_id, p.book_id
)
SELECT b.book_id, b.book_seq, n.first, n.last, n.given, b.cash_seq, p.first AS first_paid, p.last AS last_paid,
       p.given AS payments
  FROM trading.books b
  LEFT JOIN numbered n ON n.account_id = b.account_id AND n.book_id = b.book_id
  LEFT JOIN paid p ON p.account_id = b.account_id AND p.book_id = b.book_id
 WHERE b.account_id = coalesce(%(account_id)s::integer, b.account_id)
   AND ((coalesce(n.first, 1), coalesce(n.last, 0), coalesce(n.given, 0)) <> (1, b.book_seq, b.book_seq)
        OR (coalesce(p.first, 1), coalesce(p.last, 0), coalesce(p.given, 0)) <> (1, b.cash_seq, b.cash_seq))
