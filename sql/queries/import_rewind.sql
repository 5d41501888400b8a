SELECT r.after_time::text AS after_time, r.after_seq, r.after_exec_id, r.lots_removed, r.trades_removed, r.trades_before,
       r.net_pnl_before
  FROM trading.rewind_book(%(account_id)s::integer, %(book_id)s::integer, %(exec_time)s::timestamptz,
                           %(seq)s::bigint, %(exec_id)s::text) r
