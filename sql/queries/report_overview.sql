SELECT (SELECT count(*) FROM trading.accounts) AS accounts,
       (SELECT count(*) FROM trading.bots) AS bots,
       count(*) AS books,
       count(*) FILTER (WHERE b.size > 0) AS open_positions,
       coalesce(sum(b.book_seq), 0)::bigint AS journal_entries,
       coalesce(sum(b.trades), 0)::bigint AS trades,
       max(b.last_exec_time) FILTER (WHERE b.book_seq > 0) AS last_fill_time
  FROM trading.books b
