-- The books in order, and which rows of `fills` are theirs.
SELECT is_cash, bot_id, category, symbol, position_idx, min(rowid) AS first, max(rowid) + 1 AS stop
  FROM fills GROUP BY ALL ORDER BY first
