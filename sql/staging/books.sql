-- The books in order, and which rows of `fills` are theirs.
SELECT is_cash, bot_id, category, symbol, position_idx, min(rowid) AS first, max(rowid) + 1 AS stop,
       bool_or(whole_order) AND bool_or(NOT whole_order AND order_id IS NOT NULL) AS mixes
  FROM fills GROUP BY is_cash, bot_id, category, symbol, position_idx ORDER BY first
