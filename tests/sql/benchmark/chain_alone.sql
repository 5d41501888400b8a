-- The hash chain of every so manieth book, computed and compared with nothing: what no proof can do without.
SELECT count(trading.link(f.hash, trading.canonical(f)))
  FROM trading.fills f
 WHERE f.book_id %% %(parts)s::integer = %(part)s::integer
