-- The journal: one row for each execution, as the exchange reported it, never changed.
-- fill_id = book_id · 2³² + book_seq, so that it is unique, ordered and needs no counter of its own.
--
-- The tables that every fill writes have no CHECK constraints: PostgreSQL reads each of them from its catalog
-- text at every single insert, which doubles the cost of a fill. trading.require_valid() checks instead; nothing
-- but the functions may write. Nor has `fills` a foreign key: whoever writes holds the lock of the book's row, and
-- verify_strays() finds a fill without a book.
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
    UNIQUE (account_id, category, exec_id)
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
