-- The account's name, whether it has no fill and no cash yet, and whether this login may write them in bulk.
SELECT a.name, NOT EXISTS (SELECT FROM trading.books b WHERE b.account_id = a.account_id
                              AND (b.book_seq > 0 OR b.cash_seq > 0)) AS is_new,
       has_table_privilege('trading.fills', 'INSERT') AS may_write, current_user AS login
  FROM trading.accounts a WHERE a.account_id = %(account_id)s
