-- Oldest first, in exchange order. Only the lots of each book's present cycle can be open.
SELECT e.*
  FROM (SELECT * FROM trading.books b
         WHERE b.account_id = %(account_id)s AND b.bot_id = %(bot_id)s
           AND (%(symbol)s::text IS NULL OR b.symbol = %(symbol)s::text)
           AND (%(category)s::text IS NULL OR b.category = %(category)s::text)
           AND (%(position_idx)s::smallint IS NULL OR b.position_idx = %(position_idx)s::smallint)
           AND b.size > 0
         OFFSET 0) b
 CROSS JOIN LATERAL (SELECT * FROM trading.lots l
                      WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id AND l.open_from >= b.first_open_from
                      ORDER BY l.open_from OFFSET 0) l
 CROSS JOIN LATERAL (SELECT * FROM trading.position_entries e
                      WHERE e.account_id = l.account_id AND e.entry_id BETWEEN l.fill_id AND l.fill_id
                        AND e.book_id BETWEEN b.book_id AND b.book_id
                      ORDER BY e.entry_id OFFSET 0) e
 WHERE e.remaining_qty > 0
 ORDER BY e.entry_time, e.seq, e.exec_id
