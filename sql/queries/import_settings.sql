-- The import looks rows up by whole keys, and writes into tables whose statistics are of yesterday: a plan that reads a
-- whole table, be it that of a foreign key's check, would do so for every row.
SELECT set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)
