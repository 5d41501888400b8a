-- Oldest first, in exchange order. Only the lots of each book's present cycle can be open.
SELECT e.* FROM trading.books b
  JOIN trading.lots l ON l.account_id = b.account_id AND l.cycle_id = b.cycle_id
                     AND l.open_from >= b.first_open_from
  JOIN trading.position_entries e ON e.account_id = l.account_id AND e.entry_id = l.fill_id
 WHERE b.account_id = %(account_id)s AND b.bot_id = %(bot_id)s
   AND (%(symbol)s::text IS NULL OR b.symbol = %(symbol)s::text)
   AND (%(category)s::text IS NULL OR b.category = %(category)s::text)
   AND (%(position_idx)s::smallint IS NULL OR b.position_idx = %(position_idx)s::smallint)
   AND b.size > 0 AND e.remaining_qty > 0
 ORDER BY e.entry_time, e.seq, e.exec_id
