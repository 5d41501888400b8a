-- A fill that closed lots and opened none, in the book with most fills.
SELECT t.account_id, t.book_id, max(t.exit_fill_id) FROM trading.completed_trades t
 WHERE NOT EXISTS (SELECT FROM trading.lots l WHERE l.account_id = t.account_id AND l.fill_id = t.exit_fill_id)
 GROUP BY t.account_id, t.book_id ORDER BY count(*) DESC LIMIT 1
