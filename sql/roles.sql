-- Roles are shared by all databases of a server, so another migration may be creating them right now.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ledger_owner', 'ledger_bot', 'ledger_reader'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    IF NOT pg_has_role(current_user, 'ledger_owner', 'USAGE') THEN
        EXECUTE format('GRANT ledger_owner TO %I', current_user);
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS trading AUTHORIZATION ledger_owner;
GRANT USAGE ON SCHEMA trading TO ledger_bot, ledger_reader;

-- Which revision the schema is at; beside the schema, because its keys follow the ledger's own rules.
CREATE SCHEMA IF NOT EXISTS ledger_migrations AUTHORIZATION ledger_owner;
GRANT USAGE ON SCHEMA ledger_migrations TO ledger_bot, ledger_reader;
SET LOCAL ROLE ledger_owner;
CREATE TABLE IF NOT EXISTS ledger_migrations.code (
    checksum   text NOT NULL,  -- of the functions, views and grants that are installed
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
