-- Payments that reconciliations have moved since those places of the journals that the last report names: out of whose
-- book, and into whose.
SELECT substr(r.exec_id, 10) AS exec_id, r.category, r.symbol, r.position_idx, r.bot_id AS was, c.bot_id, c.amount
  FROM trading.books b
  JOIN trading.funding_payments r ON r.account_id = b.account_id AND r.book_id = b.book_id
   AND r.cash_seq > coalesce((%(journals)s::jsonb -> b.book_id::text ->> 1)::bigint, 0)
  JOIN trading.books k ON k.account_id = r.account_id AND k.category = r.category AND k.symbol = r.symbol
   AND k.position_idx = r.position_idx
  JOIN trading.funding_payments c ON c.account_id = r.account_id AND c.category = r.category
   AND c.exec_id = substr(r.exec_id, 10) || ':' || k.bot_id
 WHERE b.account_id = %(account_id)s AND r.source = 'reconciler' AND r.exec_id LIKE 'reversal:%%'
 ORDER BY c.exec_time, c.seq, c.exec_id
