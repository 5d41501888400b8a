SELECT trading.apply_fill(b, f) FROM trading.books b JOIN trading.fills f USING (account_id, book_id) WHERE f.side = 'Buy'
