SELECT written FROM trading.import_legacy_trades(1, 'old', jsonb_build_array(jsonb_build_object(
    'legacy_id', 'odd', 'bot_id', 'bob', 'category', 'linear', 'symbol', 'BTCUSDT', 'side', 'Buy', 'quantity', 1,
    'exit_time', %(at)s::text, 'net_pnl', %(qty)s::text, 'raw', '{{}}'::jsonb)))
