-- What each fill opened and what is left of it. Lots are immutable intervals of their cycle's quantity axis;
-- the book knows how far the axis is closed.
CREATE OR REPLACE VIEW trading.position_entries WITH (security_invoker = true) AS
SELECT l.account_id, l.fill_id AS entry_id, l.fill_id AS entry_fill_id, b.book_id, b.bot_id, b.category, b.symbol,
       b.position_idx, l.side, l.entry_price, l.open_to - l.open_from AS original_qty, r.remaining_qty,
       trading.lot_status(l.open_to - l.open_from, r.remaining_qty) AS status,
       l.entry_time, l.commission AS entry_commission, l.commission_asset,
       trading.share(l.commission, l.open_to - l.open_from - r.remaining_qty, l.open_to - l.open_from,
                     l.open_to - l.open_from) AS remaining_commission,
       f.exec_id, f.order_id, f.client_order_id, f.seq, f.source
  FROM trading.lots l
  JOIN trading.books b ON b.account_id = l.account_id AND b.book_id = l.book_id
  JOIN trading.fills f ON f.account_id = l.account_id AND f.fill_id = l.fill_id
 CROSS JOIN LATERAL (SELECT trading.remaining_qty(b, l) AS remaining_qty) r;
