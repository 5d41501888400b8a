SELECT state, backend_xmin, backend_xid FROM pg_stat_activity
 WHERE application_name LIKE 'fifoledger serve%%' AND datname = current_database() AND state LIKE 'idle in%%'
