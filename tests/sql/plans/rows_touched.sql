-- In this transaction so far.
SELECT relname AS table, seq_scan, seq_tup_read + idx_tup_fetch AS read, n_tup_ins + n_tup_upd + n_tup_del AS written
  FROM pg_stat_xact_user_tables WHERE schemaname = 'trading' ORDER BY relname
