DELETE FROM trading.completed_trades t WHERE t.account_id = %(account_id)s AND t.book_id = %(book_id)s
   AND t.net_pnl > 0
