-- Whether the account has anything to do with spot: a book, an order, or an execution that waits for a decision.
SELECT EXISTS (SELECT FROM trading.books b WHERE b.account_id = %(account_id)s AND b.category = 'spot')
    OR EXISTS (SELECT FROM trading.orders o WHERE o.account_id = %(account_id)s AND o.category = 'spot')
    OR EXISTS (SELECT FROM trading.quarantined_executions q
                WHERE q.account_id = %(account_id)s AND q.category = 'spot') AS any
