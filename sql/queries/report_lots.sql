-- Every lot that was ever opened, closed ones too.
SELECT a.name AS account, e.bot_id, e.category, e.symbol, e.position_idx, e.entry_id, e.side, e.entry_price,
       e.original_qty, e.remaining_qty, e.status, e.entry_time, e.entry_commission, e.remaining_commission,
       e.commission_asset, e.exec_id, e.order_id, e.client_order_id, e.source
  FROM trading.position_entries e
  JOIN trading.accounts a USING (account_id)
 WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(bot)s::text IS NULL OR e.bot_id = %(bot)s::text)
   AND (%(symbol)s::text IS NULL OR e.symbol = %(symbol)s::text)
   AND (%(category)s::text IS NULL OR e.category = %(category)s::text)
   AND (%(since)s::timestamptz IS NULL OR e.entry_time >= %(since)s::timestamptz)
   AND (%(until)s::timestamptz IS NULL OR e.entry_time < %(until)s::timestamptz)
   AND (%(closed)s::boolean IS NOT TRUE OR e.status = 'closed')
 ORDER BY a.name, e.bot_id, e.category, e.symbol, e.position_idx, e.entry_time, e.seq, e.exec_id
