INSERT INTO trading.book_rebuilds (account_id, book_id, book_seq, reason, cause_fill_id, from_time, fills, lots_written,
    lots_removed, trades_written, trades_removed, trades_before, trades_after, net_pnl_before, net_pnl_after)
SELECT k.account_id, k.book_id, k.book_seq, 'history imported', NULL, nullif(%(from_time)s::timestamptz, '-infinity'), %(fills)s,
       %(lots_written)s, %(lots_removed)s, %(trades_written)s, %(trades_removed)s, %(trades_before)s::bigint, k.trades,
       %(net_pnl_before)s, k.realized_net
  FROM trading.books k WHERE k.account_id = %(account_id)s AND k.book_id = %(book_id)s
