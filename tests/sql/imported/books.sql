-- Books of an account but for their numbers, their journals' ends and when they were written.
SELECT (to_jsonb(b) - ARRAY['account_id', 'book_id', 'book_seq', 'hash', 'cash_hash', 'updated_at', 'cycle_id']
    || jsonb_build_object('cycle', split_part(c.exec_id, ':rest:', 1), 'last_exec_id', split_part(b.last_exec_id, ':rest:', 1)))::text
  FROM trading.books b LEFT JOIN trading.fills c ON c.account_id = b.account_id AND c.fill_id = b.cycle_id
 WHERE b.account_id = %(account_id)s
