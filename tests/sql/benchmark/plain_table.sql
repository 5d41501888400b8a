-- The limit of an import: the same rows, the same indexes, and nothing that follows from them.
CREATE TABLE plain (LIKE trading.fills INCLUDING DEFAULTS INCLUDING INDEXES)
