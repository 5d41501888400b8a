-- Lots close oldest first: one trade after the other never goes back to an older lot, and nothing older than a
-- lot that is being closed is still open.
WITH ranked AS (
    SELECT f.account_id, f.book_id, f.fill_id,
           row_number() OVER (PARTITION BY f.account_id, f.book_id ORDER BY f.exec_time, f.seq, f.exec_id) AS n
      FROM trading.fills f
     WHERE f.account_id = coalesce(%(account_id)s::integer, f.account_id)
), trade AS (
    SELECT t.account_id, t.book_id, e.n AS entry_n, x.n AS exit_n,
           lag(e.n) OVER (PARTITION BY t.account_id, t.book_id ORDER BY x.n, e.n) AS previous_n
      FROM trading.completed_trades t
      JOIN ranked e ON e.account_id = t.account_id AND e.fill_id = t.entry_fill_id
      JOIN ranked x ON x.account_id = t.account_id AND x.fill_id = t.exit_fill_id
), oldest_open AS (
    SELECT e.account_id, e.book_id, min(r.n) AS n
      FROM trading.position_entries e
      JOIN ranked r ON r.account_id = e.account_id AND r.fill_id = e.entry_id
     WHERE e.remaining_qty > 0
     GROUP BY e.account_id, e.book_id
)
SELECT t.book_id, t.entry_n, t.exit_n, t.previous_n, o.n AS oldest_open
  FROM trade t
  LEFT JOIN oldest_open o ON o.account_id = t.account_id AND o.book_id = t.book_id
 WHERE t.previous_n > t.entry_n OR t.entry_n >= t.exit_n OR t.entry_n > o.n
