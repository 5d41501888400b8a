-- Adjustments whose line has another past by now than they were made for: what was booked since then for times before
-- them, less what was voided, moves it. With them those that came later on their line: they were made for what these left.
-- The newest first, as on a hedge leg one may rest on another. `cause`: the newest of the executions.
WITH active AS (
    SELECT a.*
      FROM trading.books b
      JOIN trading.fills a ON a.account_id = b.account_id AND a.book_id = b.book_id
     WHERE b.account_id = %(account_id)s AND a.exec_type = 'Adjustment' AND a.source = 'reconciler'
       AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = a.account_id AND v.fill_id = a.fill_id)
), judged AS (
    SELECT a.*, since.cause, since.moved,
           bool_or(since.moved <> 0) OVER (PARTITION BY a.category, a.symbol, a.position_idx
                                           ORDER BY a.exec_time) AS is_overtaken
      FROM active a
     CROSS JOIN LATERAL (
        SELECT max(f.fill_id) FILTER (WHERE f.recorded_at > a.recorded_at) AS cause,
               coalesce(sum(CASE WHEN f.recorded_at > a.recorded_at AND v.fill_id IS NULL THEN f.signed_qty
                                 WHEN f.recorded_at <= a.recorded_at AND v.recorded_at > a.recorded_at
                                 THEN -f.signed_qty
                                 ELSE 0 END), 0) AS moved
          FROM trading.books k
          JOIN trading.fills f ON f.account_id = k.account_id AND f.book_id = k.book_id AND f.exec_time <= a.exec_time
          LEFT JOIN trading.fill_voids v ON v.account_id = f.account_id AND v.fill_id = f.fill_id
         WHERE k.account_id = a.account_id AND k.category = a.category AND k.symbol = a.symbol
           AND k.position_idx = a.position_idx AND f.exec_type <> 'Adjustment') since
)
SELECT j.fill_id, j.exec_id, j.bot_id, j.category, j.symbol, j.position_idx, j.cause, j.moved
  FROM judged j
 WHERE j.is_overtaken
 ORDER BY j.category, j.symbol, j.position_idx, j.exec_time DESC, j.fill_id DESC
