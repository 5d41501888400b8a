ALTER TABLE trading.fills ADD FOREIGN KEY (account_id, book_id) REFERENCES trading.books;
