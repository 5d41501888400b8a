-- In exchange order. What is left of an order-level fill goes on under that fill's name.
SELECT e.book_id, split_part(e.exec_id, ':rest:', 1) AS exec_id, e.side, e.commission_asset, e.entry_price,
       e.original_qty, e.remaining_qty, e.entry_commission, e.remaining_commission
  FROM trading.position_entries e
 WHERE e.account_id = %(account_id)s
 ORDER BY e.book_id, e.entry_time, e.seq, e.exec_id
