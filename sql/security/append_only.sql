DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['fills', 'fill_voids', 'funding_payments'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trading.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change()', t);
    END LOOP;
END
$$;
