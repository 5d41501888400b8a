SELECT written, unchanged, conflicts
  FROM trading.import_legacy_trades(%(account_id)s::integer, %(source)s::text, %(trades)s::jsonb)
