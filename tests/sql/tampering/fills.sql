INSERT INTO trading.fill_voids (account_id, fill_id, book_id, book_seq, reason, hash)
SELECT f.account_id, f.fill_id, f.book_id, f.book_seq, 'nobody derived the book again', f.hash
  FROM trading.fills f ORDER BY f.fill_id LIMIT 1
