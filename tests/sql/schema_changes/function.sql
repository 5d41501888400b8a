ALTER FUNCTION trading.link(bytea, text) VOLATILE
