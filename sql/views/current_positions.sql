-- One row per book with anything open.
CREATE OR REPLACE VIEW trading.current_positions WITH (security_invoker = true) AS
SELECT b.account_id, b.book_id, b.bot_id, b.category, b.symbol, b.position_idx, b.side, b.size AS total_qty,
       trading.average_price(b.category, b.size, b.open_cost, b.unpriced_qty) AS avg_entry_price,
       b.entries, b.first_entry_time, b.last_entry_time, b.open_cost AS cost, b.open_commission,
       b.realized_net AS realized_pnl, b.realized_gross, b.trades, b.dust_qty, b.settle_coin, b.book_seq,
       b.updated_at
  FROM trading.books b
 WHERE b.size > 0;
