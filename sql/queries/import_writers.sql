-- Transactions that are booking a fill of the account: those that hold a lock of trading.lock_order().
SELECT DISTINCT l.virtualtransaction AS writer
  FROM pg_locks l
 WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.pid <> pg_backend_pid()
   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
   AND l.classid = %(account_id)s::oid
