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
    from_time      timestamptz CHECK (isfinite(from_time)),  -- everything after it was derived again; NULL: the whole book
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
