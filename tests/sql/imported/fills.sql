-- The journal of an account but for arrival; of what remains of whole orders only what counts now.
SELECT (to_jsonb(f) - ARRAY['account_id', 'book_id', 'fill_id', 'book_seq', 'recorded_at', 'hash']
    || jsonb_build_object('counts', v.fill_id IS NULL))::text
  FROM trading.fills f LEFT JOIN trading.fill_voids v ON v.account_id = f.account_id AND v.fill_id = f.fill_id
 WHERE f.account_id = %(account_id)s AND (v.fill_id IS NULL OR f.exec_id NOT LIKE '%%:rest:%%')
