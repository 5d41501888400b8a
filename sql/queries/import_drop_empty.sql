DELETE FROM trading.books k
 WHERE k.account_id = %(account_id)s AND k.book_id = ANY (%(book_ids)s::integer[]) AND k.book_seq = 0 AND k.cash_seq = 0
