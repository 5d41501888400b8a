CREATE FUNCTION pg_temp.all_rows(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'
