CREATE OR REPLACE FUNCTION trading.lot_status(qty numeric, remaining numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'as another version says' $$;
CREATE OR REPLACE VIEW trading.another_view WITH (security_invoker = true) AS SELECT 1 AS one;
