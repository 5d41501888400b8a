-- Each row with its identity: for an opening balance its book, else the venue's execution id, else its whole order, else
-- the source's own key.
-- A row of an order that has no execution id stands for the order; rows of one order with the same side, price and
-- quantity are the same fill written twice.
CREATE VIEW identified AS
SELECT s.* EXCLUDE (exec_id, row_id, is_opening, is_cash),
       CASE WHEN is_opening THEN format('opening:{}:{}:{}:{}', category, symbol, position_idx,
                                        coalesce(bot_id, getvariable('bot')))
            ELSE coalesce(s.exec_id,
                          CASE WHEN s.order_id IS NOT NULL AND NOT is_cash THEN 'order:' || s.order_id
                               ELSE 'row:' || getvariable('label') || ':' || s.row_id END) END AS exec_id,
       s.exec_id IS NULL AND s.order_id IS NOT NULL AND NOT is_cash AS whole_order,
       is_cash
  FROM (SELECT *, exec_type IN ('Funding', 'SessionSettlePnL') AS is_cash,
               exec_type = 'OpeningBalance' AS is_opening FROM staged) s
