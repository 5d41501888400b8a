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
