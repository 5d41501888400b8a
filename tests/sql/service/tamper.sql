UPDATE trading.books SET size = size + 1 RETURNING book_id
