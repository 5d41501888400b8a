-- What a source gave, row by row, and what became of it. DuckDB's dialect.
CREATE TABLE staged (
    n               BIGINT,    -- in the order of the source
    origin          VARCHAR,
    line            BIGINT,
    exec_time       BIGINT,    -- microseconds since 1970, UTC
    seq             BIGINT,
    position_idx    SMALLINT,
    is_maker        BOOLEAN,
    bot_id          VARCHAR,   -- whom the row names
    category        VARCHAR,
    symbol          VARCHAR,
    exec_id         VARCHAR,
    order_id        VARCHAR,
    client_order_id VARCHAR,
    side            VARCHAR,
    exec_type       VARCHAR,
    exec_price      VARCHAR,   -- plain decimals
    exec_qty        VARCHAR,
    commission      VARCHAR,
    commission_asset VARCHAR,
    close_reason    VARCHAR,
    row_id          VARCHAR,
    named_bot       VARCHAR    -- whom its client order id names
);
CREATE TABLE rejected (origin VARCHAR, line BIGINT, field VARCHAR, value VARCHAR, reason VARCHAR, at_booking BOOLEAN);
CREATE TABLE known_bot (bot_id VARCHAR);
CREATE TABLE ledger_order (category VARCHAR, order_id VARCHAR, bot_id VARCHAR);
-- Where the ledger has a fill of the whole order.
CREATE TABLE ledger_whole (category VARCHAR, order_id VARCHAR, bot_id VARCHAR, symbol VARCHAR, position_idx SMALLINT);
-- The times of opening balances, and which of them cannot be one.
CREATE TABLE dated_opening (
    category  VARCHAR,
    exec_id   VARCHAR,
    exec_time BIGINT,
    refused   BOOLEAN,
    PRIMARY KEY (category, exec_id)
);
