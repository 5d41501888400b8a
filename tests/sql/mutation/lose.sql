-- A trade and a lot of each book are lost; answers the books.
WITH trade AS (
    DELETE FROM trading.completed_trades t USING (
        SELECT k.book_id, max(k.exit_fill_id) AS exit_fill_id FROM trading.completed_trades k
         WHERE k.account_id = %(account_id)s GROUP BY k.book_id) l
     WHERE t.account_id = %(account_id)s AND t.book_id = l.book_id AND t.exit_fill_id = l.exit_fill_id
), lot AS (
    DELETE FROM trading.lots t USING (
        SELECT k.book_id, max(k.fill_id) AS fill_id FROM trading.lots k
         WHERE k.account_id = %(account_id)s GROUP BY k.book_id) l
     WHERE t.account_id = %(account_id)s AND t.fill_id = l.fill_id
)
SELECT b.book_id FROM trading.books b WHERE b.account_id = %(account_id)s ORDER BY b.book_id
