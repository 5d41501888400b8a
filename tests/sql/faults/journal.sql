-- The journal: which execution, in which book, and at which place of it.
SELECT exec_id, symbol, book_seq, signed_qty FROM trading.fills ORDER BY fill_id
