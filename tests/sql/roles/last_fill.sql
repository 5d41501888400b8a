SELECT account_id, book_id, bot_id, book_seq, fill_id, signed_qty, fee, symbol, length(hash),
       abs(extract(epoch FROM clock_timestamp() - recorded_at)) < 60
  FROM trading.fills WHERE exec_id = %(exec_id)s
