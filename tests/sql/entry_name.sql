-- What is left of an order-level fill goes on under that fill's name.
SELECT split_part(exec_id, ':rest:', 1) FROM trading.position_entries
 WHERE account_id = %(account_id)s AND entry_id = %(entry_id)s
