-- Where a derivation starts: after which fill, and the position there.
CREATE TYPE trading.checkpoint AS (
    exec_time timestamptz,
    seq       bigint,
    exec_id   text,
    pos       numeric,  -- signed
    cycle_id  bigint,
    opened    numeric,
    closed    numeric
);

-- Sums over open lots.
CREATE TYPE trading.open_sum AS (
    entries    bigint,
    cost       numeric,  -- quote; inverse: base coin
    commission numeric,  -- of those charged in the settle coin
    unpriced   numeric   -- quantity whose entry price nobody knows
);

-- What a fill does to its book. A batch derives it once, and lots, trades and the book's state from it.
CREATE TYPE trading.step AS (
    n                bigint,   -- from 1, in exchange order
    fill_id          bigint,
    exec_time        timestamptz,
    seq              bigint,
    exec_id          text,
    side             text,
    exec_price       numeric,
    fee              numeric,
    commission_asset text,
    close_reason     text,
    order_id         text,
    client_order_id  text,
    source           text,
    signed_qty       numeric,
    pos_before       numeric,  -- signed
    close_qty        numeric,
    open_qty         numeric,
    closed_to        numeric,  -- running sums since the checkpoint
    opened_to        numeric,
    cycle_id         bigint,
    open_to          numeric   -- on the cycle's axis
);
