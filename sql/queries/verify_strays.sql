-- Rows that belong to no book of their account, or to another one than they say.
SELECT a.name AS account, s.subject, s.item, s.field, s.stored, s.derived
  FROM trading.accounts a
 CROSS JOIN LATERAL trading.verify_strays(a.account_id) s
 WHERE %(account)s::text IS NULL OR a.name = %(account)s::text
 ORDER BY a.name, s.subject, s.item
 LIMIT %(limit)s::bigint
