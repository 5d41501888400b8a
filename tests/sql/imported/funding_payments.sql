SELECT (to_jsonb(p) - ARRAY['account_id', 'book_id', 'cash_seq', 'recorded_at', 'hash'])::text
  FROM trading.funding_payments p
 WHERE p.account_id = %(account_id)s
