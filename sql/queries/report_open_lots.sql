-- Oldest first within each book. Only the lots of a book's present cycle can be open.
SELECT a.name AS account, e.bot_id, e.category, e.symbol, e.position_idx, e.entry_id, e.side, e.entry_price,
       e.original_qty, e.remaining_qty, e.status, e.entry_time, e.entry_commission, e.remaining_commission,
       e.commission_asset, e.exec_id, e.order_id, e.client_order_id, e.source
  FROM trading.books b
  JOIN trading.accounts a USING (account_id)
  JOIN trading.lots l ON l.account_id = b.account_id AND l.cycle_id = b.cycle_id
                     AND l.open_from >= b.first_open_from
  JOIN trading.position_entries e ON e.account_id = l.account_id AND e.entry_id = l.fill_id
 WHERE b.size > 0 AND e.remaining_qty > 0
   AND (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(bot)s::text IS NULL OR b.bot_id = %(bot)s::text)
   AND (%(symbol)s::text IS NULL OR b.symbol = %(symbol)s::text)
   AND (%(category)s::text IS NULL OR b.category = %(category)s::text)
   AND (%(since)s::timestamptz IS NULL OR e.entry_time >= %(since)s::timestamptz)
   AND (%(until)s::timestamptz IS NULL OR e.entry_time < %(until)s::timestamptz)
 ORDER BY a.name, e.bot_id, e.category, e.symbol, e.position_idx, e.entry_time, e.seq, e.exec_id
