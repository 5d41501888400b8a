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
    exec_time       timestamp NOT NULL
);
INSERT INTO old_bots.fills (bot_id, symbol, side, exec_price, exec_qty, order_id, close_reason, commission, exec_time)
VALUES ('alpha', 'BTCUSDT', 'Buy', 50000, 1.5, 'o1', NULL, 0.5, '2024-05-01 10:00'),
       ('alpha', 'BTCUSDT', 'Sell', 51000, 0.5, 'o2', 'tp', 0.5, '2024-05-01 11:00'),
       ('beta', 'ETHUSDT', 'Sell', 2000, 2, NULL, NULL, 0.25, '2024-05-02 12:00')
