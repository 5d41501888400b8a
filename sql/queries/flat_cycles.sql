-- The stretches from flat to flat, of all books of a line together, in which something was closed in [since, until):
-- what the ledger says each earned, which orders closed the venue's position in it, how much of it, and what funding
-- moved meanwhile. The venue knows the sum of the books alone: bots against each other close for it, too.
WITH touched AS (
    SELECT DISTINCT t.category, t.symbol, t.position_idx FROM trading.completed_trades t
     WHERE t.account_id = %(account_id)s AND t.category = %(category)s
       AND t.exit_time >= %(since)s AND t.exit_time < %(until)s
), steps AS (
    SELECT f.category, f.symbol, f.position_idx, f.book_id, f.fill_id, f.exec_time, f.seq, f.exec_id, f.order_id,
           f.signed_qty, sum(f.signed_qty) OVER (PARTITION BY f.book_id ORDER BY f.exec_time, f.seq, f.exec_id) AS pos
      FROM touched l
      JOIN trading.books b ON b.account_id = %(account_id)s AND b.category = l.category AND b.symbol = l.symbol
       AND b.position_idx = l.position_idx
      JOIN trading.fills f ON f.account_id = b.account_id AND f.book_id = b.book_id
     WHERE NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
), counted AS (
    SELECT s.*, sum((s.pos <> 0)::integer - (s.pos <> s.signed_qty)::integer) OVER line AS open_books,
           sum(s.signed_qty) OVER line - s.signed_qty AS held
      FROM steps s
    WINDOW line AS (PARTITION BY s.symbol, s.position_idx ORDER BY s.exec_time, s.seq, s.exec_id, s.book_id)
), numbered AS (
    SELECT c.*, CASE WHEN c.held * c.signed_qty < 0 THEN least(abs(c.held), abs(c.signed_qty)) ELSE 0 END AS closed,
           count(*) FILTER (WHERE c.open_books = 0) OVER (
               PARTITION BY c.symbol, c.position_idx ORDER BY c.exec_time, c.seq, c.exec_id, c.book_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS cycle
      FROM counted c
), earned AS (
    SELECT t.exit_fill_id, sum(t.net_pnl) AS net, bool_or(t.net_pnl IS NULL) AS unpriced
      FROM trading.completed_trades t
     WHERE t.account_id = %(account_id)s AND t.exit_fill_id IN (SELECT n.fill_id FROM numbered n)
     GROUP BY t.exit_fill_id
), cycles AS (
    SELECT n.category, n.symbol, n.position_idx, n.cycle, min(n.exec_time) AS since, max(n.exec_time) AS until,
           count(*) AS fills, sum(e.net) AS net, coalesce(bool_or(e.unpriced), false) AS unpriced,
           sum(n.closed) AS closed,
           array_agg(DISTINCT n.order_id) FILTER (WHERE n.order_id IS NOT NULL AND n.closed > 0) AS order_ids
      FROM numbered n LEFT JOIN earned e ON e.exit_fill_id = n.fill_id
     GROUP BY n.category, n.symbol, n.position_idx, n.cycle
    HAVING bool_or(n.open_books = 0) AND max(n.exec_time) >= %(since)s
)
SELECT c.*, coalesce((SELECT sum(p.amount) FROM trading.funding_payments p
                        JOIN trading.books b ON b.account_id = p.account_id AND b.book_id = p.book_id
                       WHERE b.account_id = %(account_id)s AND b.category = c.category AND b.symbol = c.symbol
                         AND b.position_idx = c.position_idx AND p.asset = b.settle_coin
                         AND p.exec_time >= c.since AND p.exec_time <= c.until), 0) AS funding
  FROM cycles c
 WHERE c.net IS NOT NULL AND NOT c.unpriced AND c.order_ids IS NOT NULL
 ORDER BY c.symbol, c.position_idx, c.cycle
