-- How many rows the journals of all books have.
SELECT coalesce(sum(k.book_seq), 0)::bigint AS rows FROM trading.books k WHERE k.account_id = %(account_id)s
