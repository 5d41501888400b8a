INSERT INTO trading.fill_voids (account_id, fill_id, book_id, book_seq, reason, hash) VALUES (%(account_id)s, 1, 1, 1, 'forged', '')
