-- What an account's bots and nobody's bot traded, and what cash moved, in exchange order. What no longer counts is left out.
WITH executions AS (
    SELECT f.account_id, f.exec_time, f.seq, f.exec_id, f.bot_id, f.category, f.symbol, f.position_idx, f.exec_type,
           f.side, f.exec_qty, f.exec_price, f.commission, f.commission_asset, f.close_reason, f.source
      FROM trading.fills f
     WHERE NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
    UNION ALL
    SELECT p.account_id, p.exec_time, p.seq, p.exec_id, p.bot_id, p.category, p.symbol, p.position_idx, p.exec_type,
           NULL, p.exec_qty, p.exec_price, p.amount, p.asset, NULL, p.source
      FROM trading.counted_payments p
)
SELECT a.name AS account, e.*
  FROM executions e
  JOIN trading.accounts a USING (account_id)
 WHERE a.name = %(account)s::text
 ORDER BY e.exec_time, e.seq, e.exec_id
