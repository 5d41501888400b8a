SELECT k.book_id, k.side, trim_scale(k.size)::text AS size, k.cycle_id, trim_scale(k.opened)::text AS opened,
       trim_scale(k.closed)::text AS closed
  FROM trading.books k
 WHERE k.account_id = %(account_id)s AND k.book_id = ANY (%(book_ids)s::integer[])
