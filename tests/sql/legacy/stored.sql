SELECT to_jsonb(t) || jsonb_build_object('quantity', trim_scale(quantity)::text, 'entry_price', trim_scale(entry_price)::text,
           'exit_price', trim_scale(exit_price)::text, 'net_pnl', trim_scale(net_pnl)::text,
           'gross_pnl', trim_scale(gross_pnl)::text, 'commission', trim_scale(commission)::text,
           'exit_time', to_char(exit_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'))
  FROM trading.legacy_trades t ORDER BY source, legacy_id
