-- What a caller means who names no order: the fill that such a call recorded itself, under its computed id, else
-- the latest fill of the book with this price and quantity at about this time.
SELECT f.fill_id FROM trading.fills f
  JOIN trading.books b ON b.account_id = f.account_id AND b.book_id = f.book_id
 WHERE b.account_id = %(account_id)s AND b.bot_id = %(bot_id)s AND b.category = %(category)s AND b.symbol = %(symbol)s
   AND b.position_idx = %(position_idx)s
   AND f.exec_time BETWEEN %(at)s::timestamptz - interval '1 minute' AND %(at)s::timestamptz + interval '1 minute'
   AND f.exec_price = %(price)s AND f.exec_qty = %(quantity)s
   AND (f.exec_id = %(exec_id)s OR f.exec_id NOT LIKE 'legacy:%%')
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
   AND (%(closing)s::boolean = EXISTS (SELECT FROM trading.completed_trades t
                                        WHERE t.account_id = f.account_id AND t.exit_fill_id = f.fill_id))
 ORDER BY f.exec_id = %(exec_id)s DESC, f.exec_time DESC, f.seq DESC, f.exec_id DESC
 LIMIT 1
