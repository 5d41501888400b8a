CREATE FUNCTION trading.a_function_of_another_version(p numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$ SELECT p $$;
