UPDATE trading.books k SET trades = 99, realized_net = 7, realized_gross = 8, dust_qty = 9, size = 5, side = 'Sell', entries = 4
 WHERE k.account_id = %(account_id)s AND k.book_id = %(book_id)s
