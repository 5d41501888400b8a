SELECT reason, cause_fill_id, book_seq, from_time, fills, lots_written, lots_removed, trades_written, trades_removed,
       trades_before, trades_after, net_pnl_before, net_pnl_after
  FROM trading.book_rebuilds WHERE account_id = %(account_id)s ORDER BY rebuild_seq
