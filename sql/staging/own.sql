-- To whom each fill belongs: the bot that its client order id names, else the bot that wrote its order, by the ledger or
-- else by the source, else the bot that the row or the caller names. Sorted by book and in exchange order, so that `rowid`
-- numbers them.
CREATE OR REPLACE TABLE fills AS
WITH claim AS (
    SELECT category, order_id,
           arg_min(coalesce(CASE WHEN named_bot IN (SELECT bot_id FROM known_bot) THEN named_bot END, bot_id),
                   (exec_time, n)) AS bot_id
      FROM judged
     WHERE order_id IS NOT NULL
       AND (named_bot IN (SELECT bot_id FROM known_bot) OR bot_id IS NOT NULL)
     GROUP BY category, order_id
), owned AS (
    SELECT j.* EXCLUDE (exec_time), coalesce(d.exec_time, j.exec_time) AS exec_time,
           coalesce(CASE WHEN j.named_bot IN (SELECT bot_id FROM known_bot) THEN j.named_bot END,
                    o.bot_id, c.bot_id, j.bot_id, $bot) AS owner
      FROM judged j
      LEFT JOIN claim c ON c.category = j.category AND c.order_id = j.order_id
      LEFT JOIN (SELECT DISTINCT * FROM ledger_order) o ON o.category = j.category AND o.order_id = j.order_id
      LEFT JOIN dated_opening d ON d.category = j.category AND d.exec_id = j.exec_id
     WHERE j.verdict = 'counts' AND d.refused IS NOT true
)
SELECT is_cash, whole_order, parts, origin, line, exec_time, seq, position_idx, is_maker, owner AS bot_id, category, symbol,
       exec_id, order_id, client_order_id, side, exec_type, exec_price, exec_qty, commission, commission_asset,
       close_reason
  FROM owned
 ORDER BY is_cash, owner, category, symbol, position_idx, exec_time, seq, exec_id
