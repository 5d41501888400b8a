SELECT nextval('trading.books_book_id_seq')
