-- Beside the ledger, as somebody who may end any connection: each change of a row is counted, and at the chosen one
-- the transaction ends, or waits for whoever holds the lock. A sequence counts on whatever becomes of the transaction.
CREATE SCHEMA faults;
CREATE SEQUENCE faults.changes;
CREATE TABLE faults.point (at bigint NOT NULL, waits boolean NOT NULL);

CREATE FUNCTION faults.change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    number bigint := nextval('faults.changes');
    chosen faults.point;
BEGIN
    SELECT * INTO chosen FROM faults.point WHERE at = number;
    IF chosen.waits THEN
        PERFORM pg_advisory_xact_lock(hashtext('faults'));
    ELSIF chosen.at IS NOT NULL THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(10);
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    changed text;
BEGIN
    FOR changed IN SELECT tablename FROM pg_tables WHERE schemaname = 'trading' LOOP
        EXECUTE format('CREATE TRIGGER zz_faults AFTER INSERT OR UPDATE OR DELETE ON trading.%I
                        FOR EACH ROW EXECUTE FUNCTION faults.change()', changed);
    END LOOP;
END
$$;
