-- In which modes the orders that are known of a symbol were made.
SELECT DISTINCT o.position_idx > 0 AS hedged FROM trading.orders o
 WHERE o.account_id = %(account_id)s AND o.category = %(category)s AND o.symbol = %(symbol)s
   AND o.position_idx IS NOT NULL
