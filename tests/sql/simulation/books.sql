SELECT b.bot_id, b.category, b.symbol, b.position_idx, b.settle_coin, b.side, b.size, b.dust_qty, b.open_cost,
       b.open_commission, b.realized_net,
       coalesce((SELECT sum(p.amount) FROM trading.funding_payments p
                  WHERE p.account_id = b.account_id AND p.book_id = b.book_id), 0) AS funding
  FROM trading.books b
 WHERE b.account_id = %(account_id)s
