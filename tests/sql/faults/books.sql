SELECT book_id, concat_ws(' ', bot_id, category, symbol, position_idx) FROM trading.books
