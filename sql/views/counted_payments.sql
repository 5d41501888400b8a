-- Funding, settlement and other cash without what was booked in a wrong book: neither reversals nor what they reverse. The
-- sums of the table are the same, because the two add up to nothing.
CREATE OR REPLACE VIEW trading.counted_payments WITH (security_invoker = true) AS
SELECT p.account_id, p.book_id, p.cash_seq, p.bot_id, p.category, p.symbol, p.position_idx, p.exec_id, p.exec_type,
       p.exec_time, p.seq, p.amount, p.asset, p.side, p.exec_qty, p.exec_price, p.order_id, p.source, p.recorded_at
  FROM trading.funding_payments p
 WHERE p.exec_id NOT LIKE 'reversal:%'
   AND NOT EXISTS (SELECT FROM trading.funding_payments r
                    WHERE r.account_id = p.account_id AND r.category = p.category
                      AND r.exec_id = 'reversal:' || p.exec_id);
