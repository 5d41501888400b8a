-- Who may do what. ledger_owner owns everything; ledger_bot calls the functions below and reads its own bots;
-- ledger_reader reads everything; ledger_service is in both and acts for every bot. Nobody but the functions writes a
-- table.
REVOKE ALL ON ALL TABLES IN SCHEMA trading FROM PUBLIC, ledger_bot, ledger_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA trading TO ledger_bot, ledger_reader;

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p
              WHERE p.pronamespace = 'trading'::regnamespace AND p.prosecdef LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ledger_bot', f);
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION trading.may_act_for(integer, text), trading.verify_book(integer, integer),
    trading.verify_strays(integer)
    TO ledger_reader;
-- It makes logins by its caller's own right, which few have.
REVOKE ALL ON FUNCTION trading.ensure_login(text, text, text) FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger_migrations TO ledger_bot, ledger_reader;
