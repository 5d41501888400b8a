UPDATE trading.lots SET book_id = book_id + 1 WHERE fill_id = (SELECT min(fill_id) FROM trading.lots);
CREATE ROLE damage_reader LOGIN;
GRANT ledger_reader TO damage_reader;
SET LOCAL SESSION AUTHORIZATION damage_reader
