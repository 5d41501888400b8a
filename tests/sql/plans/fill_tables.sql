-- A ledger with much in it, made without the ledger: hashes are wrong, everything else is as fills would have left it.
-- Each of the first `deep` bots has `closed` trades, each of one lot, and `open` lots behind them.
INSERT INTO trading.accounts (name) SELECT 'account-' || n FROM generate_series(1, %(idle)s) n;
INSERT INTO trading.bots (account_id, bot_id)
SELECT 1, 'bot-' || n FROM generate_series(1, %(deep)s + %(idle)s) n UNION ALL SELECT 1, 'external';
INSERT INTO trading.instruments (account_id, category, symbol, base_coin, quote_coin, settle_coin)
SELECT 1, 'linear', 'S' || n || 'USDT', 'S' || n, 'USDT', 'USDT' FROM generate_series(1, %(idle)s) n;
INSERT INTO trading.books (account_id, bot_id, category, symbol, position_idx, base_coin, quote_coin, settle_coin, multiplier)
SELECT 1, 'bot-' || n, 'linear', 'BTCUSDT', 0, 'BTC', 'USDT', 'USDT', 1 FROM generate_series(1, %(deep)s + %(idle)s) n;

CREATE TEMPORARY TABLE deep ON COMMIT DROP AS
SELECT k.account_id, k.book_id, k.bot_id, i, (k.book_id::bigint << 32) + i AS fill_id,
       timestamptz '2026-01-01 00:00 UTC' + i * interval '1 second' AS at,
       i <= 2 * %(closed)s AND i %% 2 = 0 AS closes, i <= 2 * %(closed)s AND i %% 2 = 1 AS was_closed
  FROM (SELECT * FROM trading.books ORDER BY book_id LIMIT %(deep)s) k
 CROSS JOIN generate_series(1, 2 * %(closed)s + %(open)s) i;

INSERT INTO trading.fills (account_id, book_id, fill_id, book_seq, exec_time, position_idx, bot_id, category, symbol,
    exec_id, order_id, side, exec_type, exec_price, exec_qty, commission, commission_asset, source, signed_qty, fee, hash)
SELECT d.account_id, d.book_id, d.fill_id, d.i, d.at, 0, d.bot_id, 'linear', 'BTCUSDT', d.bot_id || '-' || d.i,
       'order-' || d.bot_id || '-' || d.i, CASE WHEN d.closes THEN 'Sell' ELSE 'Buy' END, 'Trade',
       CASE WHEN d.closes THEN 110 ELSE 100 END, 1, 0.1, 'USDT', 'test', CASE WHEN d.closes THEN -1 ELSE 1 END, 0.1, '\x00'
  FROM deep d;
-- The other bots' books have only fills that no longer count.
INSERT INTO trading.fills (account_id, book_id, fill_id, book_seq, exec_time, position_idx, bot_id, category, symbol,
    exec_id, side, exec_type, exec_price, exec_qty, commission, commission_asset, source, signed_qty, fee, hash)
SELECT k.account_id, k.book_id, (k.book_id::bigint << 32) + i, i, timestamptz '2026-01-01 00:00 UTC', 0, k.bot_id,
       'linear', 'BTCUSDT', k.bot_id || '-' || i, 'Buy', 'Trade', 100, 1, 0, 'USDT', 'test', 1, 0, '\x00'
  FROM (SELECT * FROM trading.books ORDER BY book_id OFFSET %(deep)s) k
 CROSS JOIN generate_series(1, 5) i;
INSERT INTO trading.fill_voids (account_id, fill_id, book_id, book_seq, reason, hash)
SELECT f.account_id, f.fill_id, f.book_id, f.book_seq, 'test', '\x00'
  FROM trading.fills f WHERE f.signed_qty = 1 AND f.fee = 0;
INSERT INTO trading.lots
SELECT d.account_id, d.book_id, d.fill_id,
       CASE WHEN d.was_closed THEN d.fill_id ELSE (d.book_id::bigint << 32) + 2 * %(closed)s + 1 END, d.at, 'Buy', 100,
       CASE WHEN d.was_closed THEN 0 ELSE d.i - 2 * %(closed)s - 1 END,
       CASE WHEN d.was_closed THEN 1 ELSE d.i - 2 * %(closed)s END, 0.1, 'USDT'
  FROM deep d WHERE NOT d.closes;
INSERT INTO trading.completed_trades (account_id, book_id, entry_fill_id, exit_fill_id, entry_time, exit_time,
    position_idx, bot_id, category, symbol, side, quantity, entry_price, exit_price, gross_pnl, entry_commission,
    exit_commission, net_pnl, pnl_pct, settle_coin, entry_commission_asset, exit_commission_asset, holding_seconds,
    entry_order_id, exit_order_id, source)
SELECT d.account_id, d.book_id, d.fill_id - 1, d.fill_id, d.at - interval '1 second', d.at, 0, d.bot_id, 'linear',
       'BTCUSDT', 'Buy', 1, 100, 110, 10, 0.1, 0.1, 9.8, 9.8, 'USDT', 'USDT', 'USDT', 1,
       'order-' || d.bot_id || '-' || (d.i - 1), 'order-' || d.bot_id || '-' || d.i, 'test'
  FROM deep d WHERE d.closes;
INSERT INTO trading.funding_payments (account_id, book_id, cash_seq, bot_id, category, symbol, position_idx, exec_id,
    exec_type, exec_time, amount, asset, source, hash)
SELECT d.account_id, d.book_id, d.i, d.bot_id, 'linear', 'BTCUSDT', 0, 'funding-' || d.bot_id || '-' || d.i, 'Funding',
       d.at, 0.01, 'USDT', 'test', '\x00'
  FROM deep d WHERE d.i <= %(idle)s;
INSERT INTO trading.orders (account_id, category, order_id, client_order_id, bot_id, symbol)
SELECT d.account_id, 'linear', 'order-' || d.bot_id || '-' || d.i, 'client-' || d.bot_id || '-' || d.i, d.bot_id, 'BTCUSDT'
  FROM deep d;

UPDATE trading.books k
   SET book_seq = s.i, last_exec_time = s.at, last_exec_id = k.bot_id || '-' || s.i, hash = '\x00',
       side = CASE WHEN %(open)s > 0 THEN 'Buy' ELSE 'None' END, size = %(open)s, opened = %(open)s, entries = %(open)s,
       cycle_id = (k.book_id::bigint << 32) + 2 * %(closed)s + 1, open_cost = 100 * %(open)s,
       open_commission = 0.1 * %(open)s, first_entry_time = CASE WHEN %(open)s > 0 THEN f.at END,
       last_entry_time = CASE WHEN %(open)s > 0 THEN s.at END, trades = %(closed)s, realized_gross = 10 * %(closed)s,
       realized_net = 9.8 * %(closed)s, cash_seq = least(%(idle)s, s.i)
  FROM deep s, deep f
 WHERE s.book_id = k.book_id AND s.i = 2 * %(closed)s + %(open)s
   AND f.book_id = k.book_id AND f.i = least(2 * %(closed)s + 1, s.i);
