-- Journals a fill as an import does: nothing is derived from it. The book's row has the number and the hash.
WITH added AS MATERIALIZED (
    SELECT trading.journal_fill(b, trading.valued(b, trading.identified(b, i))) AS f
      FROM trading.books b
     CROSS JOIN LATERAL json_populate_record(NULL::trading.fills, %(fill)s::json) i
     WHERE b.account_id = %(account_id)s AND b.book_id = %(book_id)s
)
UPDATE trading.books k SET book_seq = (a.f).book_seq, hash = (a.f).hash, dust_qty = k.dust_qty + trading.dust_of(k, a.f)
  FROM added a WHERE k.account_id = %(account_id)s AND k.book_id = %(book_id)s
