-- What the venue says that an account is worth, from time to time.
CREATE TABLE trading.equity_snapshots (
    account_id integer NOT NULL REFERENCES trading.accounts,
    taken_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    equity     numeric,         -- USD; NULL where the venue gives none
    balances   jsonb NOT NULL,  -- by coin: quantity and what of it is borrowed
    PRIMARY KEY (account_id, taken_at)
);
