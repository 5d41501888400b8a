-- One exchange account. `name` is what LEDGER_ACCOUNT says; it is kept unique by register_account(),
-- because every key of the schema begins with account_id.
CREATE TABLE trading.accounts (
    account_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (name <> ''),
    venue       text NOT NULL DEFAULT 'bybit' CHECK (venue <> ''),
    environment text NOT NULL DEFAULT 'mainnet'
                CHECK (environment IN ('mainnet', 'testnet', 'demo', 'paper')),
    uid         text,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- One strategy. The bot `external` of an account owns what nobody claims.
CREATE TABLE trading.bots (
    account_id     integer NOT NULL REFERENCES trading.accounts,
    bot_id         text COLLATE "C" NOT NULL CHECK (bot_id <> ''),
    login_role     name,  -- the database login that may act for this bot; NULL: only members of ledger_owner
    registered_at  timestamptz NOT NULL DEFAULT now(),
    last_heartbeat timestamptz,
    equity         numeric,
    equity_at      timestamptz,
    PRIMARY KEY (account_id, bot_id)
);

CREATE TABLE trading.instruments (
    account_id    integer NOT NULL REFERENCES trading.accounts,
    category      text COLLATE "C" NOT NULL CHECK (category <> ''),
    symbol        text COLLATE "C" NOT NULL CHECK (symbol <> ''),
    base_coin     text NOT NULL,
    quote_coin    text NOT NULL,
    settle_coin   text NOT NULL,
    multiplier    numeric NOT NULL DEFAULT 1 CHECK (multiplier > 0 AND multiplier < 'Infinity'),
    qty_step      numeric,
    tick_size     numeric,
    contract_type text,
    status        text,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, category, symbol)
);
-- One position line. Its row is the lock that serialises the book's writes, the head of its hash chain,
-- and the running state that the next fill starts from; all of it can be recomputed from the journal.
--
-- Lots lie one after the other on an axis of quantity that starts at 0 with each cycle (from flat to
-- flat, or from flip to flip). `opened` is the axis' end, `closed` how much of it is closed: the n-th
-- unit closed is the n-th unit opened.
CREATE TABLE trading.books (
    account_id        integer NOT NULL,
    book_id           integer GENERATED ALWAYS AS IDENTITY,
    bot_id            text COLLATE "C" NOT NULL,
    category          text COLLATE "C" NOT NULL,
    symbol            text COLLATE "C" NOT NULL,
    position_idx      smallint NOT NULL,
    base_coin         text NOT NULL,
    quote_coin        text NOT NULL,
    settle_coin       text NOT NULL,
    multiplier        numeric NOT NULL,
    -- the journal's head
    book_seq          bigint NOT NULL DEFAULT 0,
    hash              bytea NOT NULL DEFAULT '\x',
    cash_seq          bigint NOT NULL DEFAULT 0,
    cash_hash         bytea NOT NULL DEFAULT '\x',
    -- the last fill in exchange order
    last_exec_time    timestamptz NOT NULL DEFAULT '-infinity',
    last_seq          bigint NOT NULL DEFAULT 0,
    last_exec_id      text COLLATE "C" NOT NULL DEFAULT '',
    -- the open position
    side              text NOT NULL DEFAULT 'None',
    size              numeric NOT NULL DEFAULT 0,
    cycle_id          bigint NOT NULL DEFAULT 0,
    opened            numeric NOT NULL DEFAULT 0,
    closed            numeric NOT NULL DEFAULT 0,
    first_open_from   numeric NOT NULL DEFAULT 0,
    entries           integer NOT NULL DEFAULT 0,
    first_entry_time  timestamptz,
    last_entry_time   timestamptz,
    open_cost         numeric NOT NULL DEFAULT 0,  -- quote; inverse: base coin
    open_commission   numeric NOT NULL DEFAULT 0,  -- settle coin
    unpriced_qty      numeric NOT NULL DEFAULT 0,  -- open quantity whose entry price nobody knows
    dust_qty          numeric NOT NULL DEFAULT 0,  -- base coin that fees of spot sells took beside the lots
    -- closed so far, in the settle coin
    trades            bigint NOT NULL DEFAULT 0,
    realized_gross    numeric NOT NULL DEFAULT 0,
    realized_net      numeric NOT NULL DEFAULT 0,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, book_id),
    UNIQUE (account_id, bot_id, category, symbol, position_idx),
    FOREIGN KEY (account_id, bot_id) REFERENCES trading.bots
) WITH (fillfactor = 40);  -- room for in-page updates: the row changes with every fill
-- The journal: one row for each execution, as the exchange reported it, never changed.
-- fill_id = book_id · 2³² + book_seq, so that it is unique, ordered and needs no counter of its own.
--
-- The tables that every fill writes have no CHECK constraints: PostgreSQL reads each of them from its catalog
-- text at every single insert, which doubles the cost of a fill. trading.require_valid() checks instead; nothing
-- but the functions may write.
CREATE TABLE trading.fills (
    account_id       integer NOT NULL,
    book_id          integer NOT NULL,
    fill_id          bigint NOT NULL,
    book_seq         bigint NOT NULL,
    exec_time        timestamptz NOT NULL,
    seq              bigint NOT NULL DEFAULT 0,  -- the venue's own sequence; 0 where it gives none
    recorded_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    position_idx     smallint NOT NULL,
    is_maker         boolean,
    bot_id           text COLLATE "C" NOT NULL,
    category         text COLLATE "C" NOT NULL,
    symbol           text COLLATE "C" NOT NULL,
    exec_id          text COLLATE "C" NOT NULL,
    order_id         text COLLATE "C",
    client_order_id  text COLLATE "C",
    side             text NOT NULL,
    exec_type        text NOT NULL,
    exec_price       numeric,
    exec_qty         numeric NOT NULL,
    commission       numeric NOT NULL,
    commission_asset text NOT NULL,
    close_reason     text,
    source           text NOT NULL,
    signed_qty       numeric NOT NULL,  -- what it adds to the position
    fee              numeric NOT NULL,  -- the commission, a spot fee in base coin turned into quote
    hash             bytea NOT NULL,
    PRIMARY KEY (account_id, fill_id),
    UNIQUE (account_id, category, exec_id),
    FOREIGN KEY (account_id, book_id) REFERENCES trading.books
);
-- Exchange order within a book: rebuild, replay, verify.
CREATE INDEX fills_exchange_order ON trading.fills (account_id, book_id, exec_time, seq, exec_id);
-- Everything that belongs to one order.
CREATE INDEX fills_order ON trading.fills (account_id, order_id) WHERE order_id IS NOT NULL;

-- What no longer counts, why, and what counts instead. Part of the journal and of its hash chain.
CREATE TABLE trading.fill_voids (
    account_id  integer NOT NULL,
    fill_id     bigint NOT NULL,
    book_id     integer NOT NULL,
    book_seq    bigint NOT NULL,
    replaced_by bigint,
    reason      text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    hash        bytea NOT NULL,
    PRIMARY KEY (account_id, fill_id),
    FOREIGN KEY (account_id, fill_id) REFERENCES trading.fills,
    FOREIGN KEY (account_id, replaced_by) REFERENCES trading.fills
);
CREATE INDEX fill_voids_book ON trading.fill_voids (account_id, book_id, book_seq);

-- Funding, settlement and other cash of a book. They never touch lots.
CREATE TABLE trading.funding_payments (
    account_id   integer NOT NULL,
    book_id      integer NOT NULL,
    cash_seq     bigint NOT NULL CHECK (cash_seq > 0),
    bot_id       text COLLATE "C" NOT NULL,
    category     text COLLATE "C" NOT NULL,
    symbol       text COLLATE "C" NOT NULL,
    position_idx smallint NOT NULL,
    exec_id      text COLLATE "C" NOT NULL CHECK (exec_id <> ''),
    exec_type    text NOT NULL,
    exec_time    timestamptz NOT NULL CHECK (isfinite(exec_time)),
    seq          bigint NOT NULL DEFAULT 0,
    amount       numeric NOT NULL CHECK (amount > '-Infinity' AND amount < 'Infinity'),  -- + paid, − received
    asset        text NOT NULL,
    side         text CHECK (side IN ('Buy', 'Sell')),
    exec_qty     numeric,
    exec_price   numeric,
    order_id     text,
    source       text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    hash         bytea NOT NULL,
    PRIMARY KEY (account_id, book_id, cash_seq),
    UNIQUE (account_id, category, exec_id),
    FOREIGN KEY (account_id, book_id) REFERENCES trading.books
);
CREATE INDEX funding_payments_time ON trading.funding_payments (account_id, book_id, exec_time);
-- What follows from the journal, written in the transaction that journals the fill. A rebuild may rewrite these
-- two tables; nothing else does. verify_book() proves each row, so no foreign key is paid for at every fill.

-- What one fill opened, as an interval of its cycle's quantity axis: it never changes when it is closed
-- (see books.closed). The view position_entries shows remaining quantity and status.
CREATE TABLE trading.lots (
    account_id       integer NOT NULL,
    book_id          integer NOT NULL,
    fill_id          bigint NOT NULL,
    cycle_id         bigint NOT NULL,  -- the fill that began the cycle
    entry_time       timestamptz NOT NULL,
    side             text NOT NULL,
    entry_price      numeric,
    open_from        numeric NOT NULL,
    open_to          numeric NOT NULL,
    commission       numeric NOT NULL,
    commission_asset text NOT NULL,
    PRIMARY KEY (account_id, fill_id)
);
CREATE INDEX lots_fifo ON trading.lots (account_id, cycle_id, open_from);

-- One lot, or part of it, closed by one fill.
CREATE TABLE trading.completed_trades (
    account_id             integer NOT NULL,
    book_id                integer NOT NULL,
    entry_fill_id          bigint NOT NULL,
    exit_fill_id           bigint NOT NULL,
    entry_time             timestamptz NOT NULL,
    exit_time              timestamptz NOT NULL,
    position_idx           smallint NOT NULL,
    bot_id                 text COLLATE "C" NOT NULL,
    category               text COLLATE "C" NOT NULL,
    symbol                 text COLLATE "C" NOT NULL,
    side                   text NOT NULL,  -- Buy: it was a long
    quantity               numeric NOT NULL,
    entry_price            numeric,
    exit_price             numeric,
    gross_pnl              numeric,
    entry_commission       numeric NOT NULL,
    exit_commission        numeric NOT NULL,
    net_pnl                numeric,  -- only commissions in the settle coin are taken off
    pnl_pct                numeric,
    settle_coin            text NOT NULL,
    entry_commission_asset text NOT NULL,
    exit_commission_asset  text NOT NULL,
    holding_seconds        numeric NOT NULL,
    pnl_reason             text,  -- why the P&L is NULL
    entry_reason           text,
    exit_reason            text,
    entry_order_id         text,
    exit_order_id          text,
    entry_client_order_id  text,
    exit_client_order_id   text,
    source                 text NOT NULL,
    PRIMARY KEY (account_id, exit_fill_id, entry_fill_id)
);

-- What a late or voided fill changed in a book.
CREATE TABLE trading.book_rebuilds (
    account_id     integer NOT NULL,
    book_id        integer NOT NULL,
    rebuild_seq    bigint GENERATED ALWAYS AS IDENTITY,
    book_seq       bigint NOT NULL,
    reason         text NOT NULL,
    cause_fill_id  bigint,
    from_time      timestamptz NOT NULL,  -- everything after this moment was derived again
    fills          bigint NOT NULL,
    lots_written   bigint NOT NULL,
    lots_removed   bigint NOT NULL,
    trades_written bigint NOT NULL,
    trades_removed bigint NOT NULL,
    trades_before  bigint NOT NULL,
    trades_after   bigint NOT NULL,
    net_pnl_before numeric NOT NULL,
    net_pnl_after  numeric NOT NULL,
    rebuilt_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, book_id, rebuild_seq),
    FOREIGN KEY (account_id, book_id) REFERENCES trading.books
);
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
-- What the venue says that an account is worth, from time to time.
CREATE TABLE trading.equity_snapshots (
    account_id integer NOT NULL REFERENCES trading.accounts,
    taken_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    equity     numeric,         -- USD; NULL where the venue gives none
    balances   jsonb NOT NULL,  -- by coin: quantity and what of it is borrowed
    PRIMARY KEY (account_id, taken_at)
);
