-- What the venue, or the bot that sent it, knows of each order.
CREATE TABLE trading.orders (
    account_id      integer NOT NULL,
    category        text COLLATE "C" NOT NULL,
    order_id        text COLLATE "C" NOT NULL,
    client_order_id text COLLATE "C",
    bot_id          text COLLATE "C",
    symbol          text COLLATE "C" NOT NULL,
    position_idx    smallint,
    side            text CHECK (side IN ('Buy', 'Sell')),
    reduce_only     boolean,
    create_type     text,
    stop_order_type text,
    parent_order_id text,
    status          text,
    qty             numeric,
    price           numeric,
    cum_exec_qty    numeric,
    cum_exec_fee    numeric,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb,
    PRIMARY KEY (account_id, category, order_id),
    FOREIGN KEY (account_id, bot_id) REFERENCES trading.bots
);
CREATE INDEX orders_client_order_id ON trading.orders (account_id, client_order_id)
    WHERE client_order_id IS NOT NULL;

-- Which time ranges of which endpoint are proven fetched.
CREATE TABLE trading.coverage (
    account_id integer NOT NULL REFERENCES trading.accounts,
    endpoint   text COLLATE "C" NOT NULL,
    category   text COLLATE "C" NOT NULL,
    range      tstzrange NOT NULL CHECK (NOT isempty(range)),
    fetched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, endpoint, category, range)
);

-- Executions that could not be applied, and what a person decided about each.
CREATE TABLE trading.quarantined_executions (
    account_id  integer NOT NULL REFERENCES trading.accounts,
    category    text COLLATE "C" NOT NULL,
    exec_id     text COLLATE "C" NOT NULL,
    symbol      text,
    exec_type   text,
    exec_time   timestamptz,
    reason      text NOT NULL,
    raw         jsonb NOT NULL,
    readable    jsonb NOT NULL DEFAULT '{}',  -- those of its fields that could be read, under the ledger's names
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    decision    text CHECK (decision IN ('ignore', 'fill', 'cash', 'booked')),  -- booked: by a later reconciliation
    decided_at  timestamptz,
    decided_by  name,  -- the database login
    note        text,
    booked      jsonb,  -- what the decision booked, and in whose book
    PRIMARY KEY (account_id, category, exec_id)
);

CREATE TABLE trading.reconciliation_runs (
    account_id   integer NOT NULL REFERENCES trading.accounts,
    run_id       bigint GENERATED ALWAYS AS IDENTITY,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at  timestamptz,
    status       text NOT NULL DEFAULT 'running',
    compared     jsonb,
    digest       text,  -- of what the run found; an unchanged state is confirmed, not written again
    confirmed_at timestamptz,
    error        text,
    PRIMARY KEY (account_id, run_id)
);

CREATE TABLE trading.reconciliation_findings (
    account_id      integer NOT NULL,
    run_id          bigint NOT NULL,
    finding_id      bigint GENERATED ALWAYS AS IDENTITY,
    kind            text NOT NULL,
    category        text COLLATE "C",
    symbol          text COLLATE "C",
    position_idx    smallint,
    ledger_value    jsonb,
    venue_value     jsonb,
    rule            text,
    resolved_at     timestamptz,
    resolution_note text,
    PRIMARY KEY (account_id, finding_id),
    FOREIGN KEY (account_id, run_id) REFERENCES trading.reconciliation_runs
);
