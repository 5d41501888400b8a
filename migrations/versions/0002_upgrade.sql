-- Completed trades as an earlier system booked them, kept beside ours to be compared with them. Nothing is derived from
-- them, and nothing that an import wrote is changed by a later one.
CREATE TABLE trading.legacy_trades (
    account_id            integer NOT NULL REFERENCES trading.accounts,
    source                text COLLATE "C" NOT NULL CHECK (source <> ''),     -- the earlier system, or its table
    legacy_id             text COLLATE "C" NOT NULL CHECK (legacy_id <> ''),  -- its own key of the row
    bot_id                text COLLATE "C" NOT NULL CHECK (bot_id <> ''),
    category              text COLLATE "C" NOT NULL CHECK (category <> ''),
    symbol                text COLLATE "C" NOT NULL CHECK (symbol <> ''),
    position_idx          smallint CHECK (position_idx IN (0, 1, 2)),  -- NULL: it did not say
    side                  text NOT NULL CHECK (side IN ('Buy', 'Sell')),  -- Buy: it was a long
    quantity              numeric NOT NULL CHECK (quantity > 0 AND quantity < 'Infinity'),
    entry_price           numeric CHECK (entry_price >= 0 AND entry_price < 'Infinity'),
    exit_price            numeric CHECK (exit_price >= 0 AND exit_price < 'Infinity'),
    entry_time            timestamptz CHECK (isfinite(entry_time)),
    exit_time             timestamptz NOT NULL CHECK (isfinite(exit_time)),
    gross_pnl             numeric CHECK (gross_pnl > '-Infinity' AND gross_pnl < 'Infinity'),
    net_pnl               numeric CHECK (net_pnl > '-Infinity' AND net_pnl < 'Infinity'),
    commission            numeric CHECK (commission > '-Infinity' AND commission < 'Infinity'),  -- both legs together
    exit_reason           text,
    entry_order_id        text COLLATE "C",
    exit_order_id         text COLLATE "C",
    entry_client_order_id text COLLATE "C",
    exit_client_order_id  text COLLATE "C",
    imported_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    raw                   jsonb NOT NULL,  -- the row as it was, by the names of its columns
    PRIMARY KEY (account_id, source, legacy_id),
    CHECK (gross_pnl IS NOT NULL OR net_pnl IS NOT NULL)
);
CREATE INDEX legacy_trades_book ON trading.legacy_trades (account_id, bot_id, category, symbol, exit_time);
