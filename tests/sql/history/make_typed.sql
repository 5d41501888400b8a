-- The same in types that others chose: floats, times without zone, a key that is no number.
CREATE TABLE "Old Fills" (
    "Key" uuid PRIMARY KEY, "Pair" text, is_buy boolean, price double precision, qty real, "when" timestamp, note jsonb
);
INSERT INTO "Old Fills"
VALUES ('751c8dba-bdeb-5d0c-9dd3-dda6bf98cdaf', 'ETHUSDT', true, 0.1, 0.1, '2024-03-31 02:30:00.5', '{{"a": 1}}'),
       ('c18b72e4-1bf7-4c30-9b99-ba3274066029', 'ETHUSDT', false, 1234567.1234567891, 3, NULL, NULL);
CREATE VIEW typed_view AS
SELECT "Pair" AS symbol, CASE WHEN is_buy THEN 'Buy' ELSE 'Sell' END AS side, price AS exec_price, qty AS exec_qty,
       "when" AS exec_time
  FROM "Old Fills";
