-- The table that bots kept before the ledger, with a million ways to write a number.
CREATE SCHEMA old_bots;
CREATE TABLE old_bots.fills (
    id              bigserial PRIMARY KEY,
    bot_id          text,
    symbol          text NOT NULL,
    side            text NOT NULL,
    exec_price      numeric NOT NULL,
    exec_qty        numeric NOT NULL,
    order_id        text,
    client_order_id text,
    close_reason    text,
    commission      numeric,
    exec_time       timestamptz NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
INSERT INTO old_bots.fills (bot_id, symbol, side, exec_price, exec_qty, order_id, client_order_id, close_reason,
                            commission, exec_time)
VALUES ('lxalgo_001', 'BTCUSDT', 'Buy', 64000.50, 0.010, 'o1', 'lxalgo_001:entry:1', NULL, 0.352000000000000001,
        '2024-03-31 03:00:00.123456+02'),
       ('lxalgo_001', 'BTCUSDT', 'Sell', 123456789012345678901234567890.123456789012345678, 1e-18, '', NULL,
        E'stop, "hard"\nsecond line', -0.5, '2024-03-31 01:00:00+00');
