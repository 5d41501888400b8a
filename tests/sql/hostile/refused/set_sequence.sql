SELECT setval('trading.books_book_id_seq', 1)
