SELECT 'book' AS kind, to_jsonb(b) AS row FROM trading.books b WHERE b.account_id = %(account_id)s
UNION ALL SELECT 'position', to_jsonb(p) FROM trading.current_positions p WHERE p.account_id = %(account_id)s
UNION ALL SELECT 'fill', to_jsonb(f) FROM trading.fills f WHERE f.account_id = %(account_id)s
UNION ALL SELECT 'void', to_jsonb(v) FROM trading.fill_voids v WHERE v.account_id = %(account_id)s
UNION ALL SELECT 'lot', to_jsonb(l) FROM trading.lots l WHERE l.account_id = %(account_id)s
UNION ALL SELECT 'trade', to_jsonb(t) FROM trading.completed_trades t WHERE t.account_id = %(account_id)s
UNION ALL SELECT 'rebuild', to_jsonb(r) FROM trading.book_rebuilds r WHERE r.account_id = %(account_id)s
UNION ALL SELECT 'cash', to_jsonb(c) FROM trading.funding_payments c WHERE c.account_id = %(account_id)s
