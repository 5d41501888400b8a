SELECT (to_jsonb(t) - ARRAY['account_id', 'book_id', 'entry_fill_id', 'exit_fill_id']
    || jsonb_build_object('entry', e.exec_id, 'exit', x.exec_id))::text
  FROM trading.completed_trades t
  JOIN trading.fills e ON e.account_id = t.account_id AND e.fill_id = t.entry_fill_id
  JOIN trading.fills x ON x.account_id = t.account_id AND x.fill_id = t.exit_fill_id
 WHERE t.account_id = %(account_id)s
