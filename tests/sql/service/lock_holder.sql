SELECT a.state, a.backend_xmin, a.backend_xid FROM pg_stat_activity a JOIN pg_locks l USING (pid)
 WHERE l.locktype = 'advisory' AND l.classid = 1718191727 AND a.datname = current_database()
