UPDATE trading.books k
   SET book_seq = j.book_seq, hash = decode(j.hash, 'hex'), dust_qty = k.dust_qty + j.dust
  FROM json_to_recordset(%(heads)s::json) AS j (book_id integer, book_seq bigint, hash text, dust numeric)
 WHERE k.account_id = %(account_id)s AND k.book_id = j.book_id
