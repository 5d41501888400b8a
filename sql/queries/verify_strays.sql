-- The first rows that are in no book of their account, or in a wrong one, and how many findings there are in all.
SELECT a.name AS account, s.subject, s.item, s.field, s.stored, s.derived, count(*) OVER () AS total
  FROM trading.accounts a
 CROSS JOIN LATERAL trading.verify_strays(a.account_id) s
 WHERE %(account)s::text IS NULL OR a.name = %(account)s::text
 ORDER BY a.name, s.subject, s.item, s.field
 LIMIT %(limit)s::bigint
