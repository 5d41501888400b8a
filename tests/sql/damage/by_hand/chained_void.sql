-- A void has a number far behind the journal's end, and the chain over it is sound.
UPDATE trading.fill_voids v SET book_seq = b.book_seq + 6
  FROM trading.fills f JOIN trading.books b USING (book_id)
 WHERE f.exec_id = 'w2b' AND v.book_id = f.book_id AND v.book_seq = f.book_seq;
UPDATE trading.fills f SET hash = trading.link(p.hash, trading.canonical(f))
  FROM trading.fills p WHERE f.exec_id = 'late' AND p.exec_id = 'w2b';
UPDATE trading.fill_voids v SET hash = trading.link(f.hash, trading.canonical(v))
  FROM trading.fills f JOIN trading.books b USING (book_id) WHERE f.exec_id = 'late' AND v.book_seq = b.book_seq + 6;
UPDATE trading.books b SET hash = v.hash, book_seq = v.book_seq
  FROM trading.fill_voids v WHERE v.book_id = b.book_id AND v.book_seq = b.book_seq + 6
