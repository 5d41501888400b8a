SELECT r.rolname, c.relname, p.privilege
  FROM pg_class c, pg_roles r,
       unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)
 WHERE c.relnamespace = 'trading'::regnamespace AND c.relkind IN ('r', 'v') AND r.rolname IN ('ledger_bot', 'ledger_reader', 'ledger_service')
   AND has_table_privilege(r.oid, c.oid, p.privilege)
