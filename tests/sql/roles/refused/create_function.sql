CREATE FUNCTION trading.share(integer, integer, integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'
