-- The opening balances, whose they are, and when the first fill of their book is among the rows.
WITH opening AS MATERIALIZED (
    SELECT category, exec_id, bot_id, symbol, position_idx, exec_time, origin, line
      FROM fills WHERE exec_type = 'OpeningBalance'
), first_fill AS (
    SELECT f.bot_id, f.category, f.symbol, f.position_idx, min(f.exec_time) AS first_time
      FROM fills f
      SEMI JOIN opening o ON o.bot_id = f.bot_id AND o.category = f.category AND o.symbol = f.symbol
                         AND o.position_idx = f.position_idx
     WHERE f.exec_type <> 'OpeningBalance' AND NOT f.is_cash
     GROUP BY ALL
)
SELECT o.*, f.first_time
  FROM opening o
  LEFT JOIN first_fill f ON f.bot_id = o.bot_id AND f.category = o.category AND f.symbol = o.symbol
                        AND f.position_idx = o.position_idx
 ORDER BY o.category, o.exec_id
