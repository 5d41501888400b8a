SELECT trading.journal_void(b, f.fill_id, NULL, 'forged', f.fill_id) FROM trading.books b JOIN trading.fills f USING (account_id, book_id)
