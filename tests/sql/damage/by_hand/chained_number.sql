-- A fill has another number than its book's journal gives it, and the chain over it is sound.
UPDATE trading.fills SET fill_id = fill_id + 1 WHERE exec_id = 'x1';
UPDATE trading.fills f SET hash = trading.link('\x', trading.canonical(f)) WHERE f.exec_id = 'x1';
UPDATE trading.books b SET hash = f.hash FROM trading.fills f WHERE f.book_id = b.book_id AND f.exec_id = 'x1'
