-- Functions and operators that look like the system's, in a schema that comes first. Each betrays that it was called.
CREATE SCHEMA evil;
CREATE FUNCTION evil.betray() RETURNS numeric LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'led astray as %', current_user; END $$;
CREATE FUNCTION evil.abs(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT evil.betray()';
CREATE FUNCTION evil.sign(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT evil.betray()';
CREATE FUNCTION evil.div(numeric, numeric) RETURNS numeric LANGUAGE sql AS 'SELECT evil.betray()';
CREATE FUNCTION evil.trim_scale(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT evil.betray()';
CREATE FUNCTION evil.minus(numeric, numeric) RETURNS numeric LANGUAGE sql AS 'SELECT evil.betray()';
CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.betray() = 0';
CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2000-01-01'::timestamptz $$;
CREATE FUNCTION evil.pg_has_role(name, text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION evil.pg_has_role(name, name, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\x00'::bytea $$;
CREATE OPERATOR evil.- (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = evil.minus);
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.same);
CREATE TEMP TABLE fills (a integer);
CREATE TEMP TABLE bots AS SELECT 1 AS account_id, 'alice'::text AS bot_id, session_user AS login_role;
CREATE FUNCTION pg_temp.abs(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT evil.betray()';
SET search_path = pg_temp, evil, trading, pg_catalog
