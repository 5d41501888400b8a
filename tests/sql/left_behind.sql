-- What the ledger's schemas hold beside the book-keeping of migrations.
SELECT format('%s %s', c.relkind, c.oid::regclass) AS object FROM pg_class c
 WHERE c.relnamespace IN ('trading'::regnamespace, 'ledger_migrations'::regnamespace) AND c.relkind <> 'i'
   AND c.oid NOT IN ('ledger_migrations.code'::regclass, 'ledger_migrations.revision'::regclass)
UNION ALL
SELECT format('type %s', t.oid::regtype) FROM pg_type t
 WHERE t.typnamespace = 'trading'::regnamespace
UNION ALL
SELECT format('function %s', p.oid::regprocedure) FROM pg_proc p
 WHERE p.pronamespace IN ('trading'::regnamespace, 'ledger_migrations'::regnamespace)
UNION ALL
SELECT format('row of %s', r.which)
  FROM (SELECT 'code' AS which FROM ledger_migrations.code UNION ALL SELECT 'revision' FROM ledger_migrations.revision) r
 ORDER BY 1
