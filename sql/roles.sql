-- Roles are shared by all databases of a server, so another migration may be creating them right now.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ledger_owner', 'ledger_bot', 'ledger_reader', 'ledger_service'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    FOREACH wanted IN ARRAY ARRAY['ledger_bot', 'ledger_reader'] LOOP
        BEGIN
            IF NOT pg_has_role('ledger_service', wanted, 'USAGE') THEN
                EXECUTE format('GRANT %I TO ledger_service', wanted);
            END IF;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END LOOP;
    IF NOT pg_has_role(current_user, 'ledger_owner', 'USAGE') THEN
        EXECUTE format('GRANT ledger_owner TO %I', current_user);
    END IF;
END
$$;

-- `trading`, and beside it, because its keys follow the ledger's own rules, which revision that is at. Only who
-- installs the ledger needs the right to create schemas.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['trading', 'ledger_migrations'] LOOP
        IF to_regnamespace(wanted) IS NULL THEN
            EXECUTE format('CREATE SCHEMA %I AUTHORIZATION ledger_owner', wanted);
        END IF;
    END LOOP;
END
$$;
SET LOCAL ROLE ledger_owner;
GRANT USAGE ON SCHEMA trading, ledger_migrations TO ledger_bot, ledger_reader;
CREATE TABLE IF NOT EXISTS ledger_migrations.code (
    checksum   text NOT NULL,  -- of the functions, views and grants that are installed
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
