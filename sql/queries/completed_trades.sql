-- The most recent ones where a limit is given; oldest first.
SELECT r.* FROM (
    SELECT t.*, x.seq AS exit_seq, x.exec_id AS exit_exec_id, e.seq AS entry_seq, e.exec_id AS entry_exec_id
      FROM trading.books b
     -- OFFSET: one range of the index for each book, never the whole table
     CROSS JOIN LATERAL (SELECT * FROM trading.completed_trades k
                          WHERE k.account_id = b.account_id
                            AND k.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32
                         OFFSET 0) t
     CROSS JOIN LATERAL trading.fill_of(t.account_id, t.exit_fill_id) x
     CROSS JOIN LATERAL trading.fill_of(t.account_id, t.entry_fill_id) e
     WHERE b.account_id = %(account_id)s AND b.bot_id = %(bot_id)s
       AND (%(symbol)s::text IS NULL OR b.symbol = %(symbol)s::text)
       AND (%(category)s::text IS NULL OR b.category = %(category)s::text)
       AND (%(position_idx)s::smallint IS NULL OR b.position_idx = %(position_idx)s::smallint)
       AND (%(since)s::timestamptz IS NULL OR t.exit_time >= %(since)s::timestamptz)
       AND (%(until)s::timestamptz IS NULL OR t.exit_time < %(until)s::timestamptz)
     ORDER BY t.exit_time DESC, x.seq DESC, x.exec_id DESC, t.entry_time DESC, e.seq DESC, e.exec_id DESC
     LIMIT %(limit)s::bigint) r
 ORDER BY r.exit_time, r.exit_seq, r.exit_exec_id, r.entry_time, r.entry_seq, r.entry_exec_id
