SELECT b.book_id, b.bot_id, b.category, b.symbol, b.position_idx, b.realized_net, b.settle_coin, b.side, b.size
  FROM trading.books b
 WHERE b.account_id = %(account_id)s AND b.book_id = ANY (%(book_ids)s::integer[])
