SELECT (to_jsonb(l) - ARRAY['account_id', 'book_id', 'fill_id', 'cycle_id']
    || jsonb_build_object('fill', f.bot_id || ' ' || f.exec_id, 'cycle', c.exec_id))::text
  FROM trading.lots l
  JOIN trading.fills f ON f.account_id = l.account_id AND f.fill_id = l.fill_id
  JOIN trading.fills c ON c.account_id = l.account_id AND c.fill_id = l.cycle_id
 WHERE l.account_id = %(account_id)s
