-- Books that an order links: one has a fill of the whole order, by the rows or by the ledger, and a row of the order is
-- for another. One line for each order and book.
WITH part AS (
    SELECT category, order_id, bot_id, symbol, position_idx, whole_order
      FROM fills WHERE NOT is_cash AND order_id IS NOT NULL
    UNION ALL
    SELECT category, order_id, bot_id, symbol, position_idx, true FROM ledger_whole
), linked AS (
    SELECT category, order_id FROM part GROUP BY ALL
    HAVING bool_or(whole_order) AND count(DISTINCT (bot_id, symbol, position_idx)) > 1
)
SELECT DISTINCT p.category, p.order_id, p.bot_id, p.symbol, p.position_idx
  FROM part p JOIN linked l ON l.category = p.category AND l.order_id = p.order_id
 ORDER BY ALL
