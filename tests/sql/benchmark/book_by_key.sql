-- What a position is made of, and nothing computed.
SELECT bot_id, category, symbol, position_idx, side, size, open_cost, open_commission, realized_net, entries,
       first_entry_time, last_entry_time, book_seq, updated_at
  FROM trading.books
 WHERE account_id = %(account_id)s AND book_id = %(book_id)s
