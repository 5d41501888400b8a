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
