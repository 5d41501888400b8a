ALTER TABLE trading.book_rebuilds DROP CONSTRAINT book_rebuilds_from_time_check;
UPDATE trading.book_rebuilds SET from_time = '-infinity' WHERE from_time IS NULL;
ALTER TABLE trading.book_rebuilds ALTER COLUMN from_time SET NOT NULL;
