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
