-- '-infinity' is a moment that no datetime of Python can hold: reading the table failed. A rebuild of the whole book has NULL.
ALTER TABLE trading.book_rebuilds ALTER COLUMN from_time DROP NOT NULL;
UPDATE trading.book_rebuilds SET from_time = NULL WHERE from_time = '-infinity';
ALTER TABLE trading.book_rebuilds ADD CHECK (isfinite(from_time));
