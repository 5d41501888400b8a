-- What a write is measured against: the journal's columns and its unique index, and nothing else.
CREATE TABLE bare (LIKE trading.fills INCLUDING DEFAULTS);
ALTER TABLE bare ADD UNIQUE (account_id, category, exec_id)
