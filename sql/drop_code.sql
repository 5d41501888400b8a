-- Removes every function, view, trigger and policy of the schema. They are installed anew as a whole, because
-- CREATE OR REPLACE can change neither a signature nor the columns of a view. Tables and data stay.
DO $$
DECLARE
    o     record;
    views text;
BEGIN
    -- In one statement, for they read each other; a view of somebody else's that reads them stops it.
    SELECT string_agg(c.oid::regclass::text, ', ') INTO views FROM pg_class c
     WHERE c.relnamespace = 'trading'::regnamespace AND c.relkind = 'v';
    IF views IS NOT NULL THEN
        EXECUTE format('DROP VIEW %s', views);
    END IF;
    FOR o IN SELECT p.polname AS name, p.polrelid::regclass AS owner FROM pg_policy p
               JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = 'trading'::regnamespace LOOP
        EXECUTE format('DROP POLICY %I ON %s', o.name, o.owner);
    END LOOP;
    FOR o IN SELECT t.tgname AS name, t.tgrelid::regclass AS owner FROM pg_trigger t
               JOIN pg_class c ON c.oid = t.tgrelid
              WHERE c.relnamespace = 'trading'::regnamespace AND NOT t.tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', o.name, o.owner);
    END LOOP;
    FOR o IN SELECT p.oid::regprocedure AS name FROM pg_proc p
              WHERE p.pronamespace = 'trading'::regnamespace LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s', o.name);
    END LOOP;
END
$$;
