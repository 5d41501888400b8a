UPDATE trading.lots l SET entry_price = l.entry_price + 1, commission = l.commission + 1
 WHERE l.account_id = %(account_id)s AND l.book_id = %(book_id)s
