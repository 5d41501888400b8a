-- How many rows there are, where the server has no estimate.
SELECT count(*) FROM {table}
