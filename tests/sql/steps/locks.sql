-- What this transaction keeps others from: the account, the number of what is locked, and whether alone.
SELECT l.classid, l.objid, l.mode FROM pg_locks l
 WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() ORDER BY 1, 2, 3
