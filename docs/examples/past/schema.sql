-- What older bots kept: fills without execution ids, and trades that they computed themselves.
CREATE SCHEMA old_bots;
CREATE TABLE old_bots.fills (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id          text NOT NULL,
    symbol          text NOT NULL,
    side            text NOT NULL,
    exec_price      numeric NOT NULL,
    exec_qty        numeric NOT NULL,
    order_id        text,
    client_order_id text,
    close_reason    text,
    commission      numeric,
    exec_time       timestamptz NOT NULL
);
CREATE TABLE old_bots.completed_trades (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id        text NOT NULL,
    symbol        text NOT NULL,
    side          text NOT NULL,
    quantity      numeric NOT NULL,
    entry_price   double precision NOT NULL,
    exit_price    double precision NOT NULL,
    net_pnl       double precision NOT NULL,
    exit_reason   text,
    exit_order_id text,
    exit_time     timestamptz NOT NULL
);
