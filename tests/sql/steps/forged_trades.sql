-- Trades that nothing derives: closed by fills that are not there.
INSERT INTO trading.completed_trades
SELECT (jsonb_populate_record(NULL::trading.completed_trades,
                              to_jsonb(t) || jsonb_build_object('exit_fill_id', t.exit_fill_id + n.n))).*
  FROM (SELECT * FROM trading.completed_trades k WHERE k.account_id = %(account_id)s AND k.book_id = %(book_id)s
         ORDER BY k.exit_fill_id DESC LIMIT 1) t, (VALUES (7), (8)) n (n)
