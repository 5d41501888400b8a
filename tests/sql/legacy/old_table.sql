CREATE SCHEMA old_bots;
CREATE TABLE old_bots.completed_trades (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id text, symbol text, side text, quantity double precision, entry_price double precision, exit_price double precision,
    entry_time timestamp, exit_time timestamptz, pnl numeric(18, 8), commission real
);
INSERT INTO old_bots.completed_trades (bot_id, symbol, side, quantity, entry_price, exit_price, entry_time, exit_time, pnl)
VALUES ('momentum', 'BTCUSDT', 'Buy', 0.1, 60000.5, 61000.25, '2026-03-02 09:00:00', '2026-03-02 10:00:00+01', 99.975),
       ('momentum', 'ETHUSDT', 'Sell', 0.30000000000000004, 3000, 2900, '2026-03-02 09:00:00', '2026-03-02 10:00:00+01', 30),
       ('momentum', 'ETHUSDT', 'Sell', 'NaN', 3000, 2900, '2026-03-02 09:00:00', '2026-03-02 10:00:00+01', 30)
