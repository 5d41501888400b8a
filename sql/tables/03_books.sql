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
