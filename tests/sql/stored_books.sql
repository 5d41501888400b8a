SELECT b.book_id, b.category, b.symbol, b.position_idx, b.side, b.size, b.entries, b.trades, b.realized_gross,
       b.realized_net, b.open_commission, b.dust_qty, b.first_entry_time, b.last_entry_time,
       coalesce(p.avg_entry_price, 0) AS average,
       (SELECT coalesce(sum(c.amount), 0) FROM trading.funding_payments c
         WHERE c.account_id = b.account_id AND c.book_id = b.book_id) AS paid
  FROM trading.books b
  LEFT JOIN trading.current_positions p ON p.account_id = b.account_id AND p.book_id = b.book_id
 WHERE b.account_id = %(account_id)s
