-- The fills of an account that do not count any more, by book, in the order in which they ceased to.
SELECT f.exec_id FROM trading.fill_voids v JOIN trading.fills f ON f.account_id = v.account_id AND f.fill_id = v.fill_id
 WHERE v.account_id = %(account_id)s
 ORDER BY v.book_id, v.book_seq
