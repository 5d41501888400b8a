-- The stretches from flat to flat, of all books of a line together, that ended in [since, until), up to where all that
-- the venue shows is booked: what the ledger says each earned, which orders took part, how much they closed, whether not
-- all of their executions are known, and what funding moved meanwhile.
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
           sum(s.signed_qty) OVER line - s.signed_qty AS held, row_number() OVER line AS n
      FROM steps s
    WINDOW line AS (PARTITION BY s.symbol, s.position_idx ORDER BY s.exec_time, s.seq, s.exec_id, s.book_id)
), lasting AS (
    SELECT c.*, max(c.n) OVER (PARTITION BY c.symbol, c.position_idx, coalesce(c.order_id, c.fill_id::text)) AS last
      FROM counted c
), ended AS (
    -- An order that closes and goes on beyond flat belongs to both sides of it: the venue has one figure for it, and
    -- which of its executions of one moment came first is not known.
    SELECT l.*, l.open_books = 0 AND l.n = max(l.last) OVER (PARTITION BY l.symbol, l.position_idx ORDER BY l.n) AS ends
      FROM lasting l
), numbered AS (
    SELECT e.*, count(*) FILTER (WHERE e.ends) OVER (PARTITION BY e.symbol, e.position_idx ORDER BY e.n
                                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS cycle
      FROM ended e
), earned AS (
    SELECT t.exit_fill_id, sum(t.net_pnl) AS net, bool_or(t.net_pnl IS NULL) AS unpriced
      FROM trading.completed_trades t
     WHERE t.account_id = %(account_id)s AND t.exit_fill_id IN (SELECT n.fill_id FROM numbered n)
     GROUP BY t.exit_fill_id
), cycles AS (
    SELECT n.category, n.symbol, n.position_idx, n.cycle, min(n.exec_time) AS since, max(n.exec_time) AS until,
           count(*) AS fills, sum(e.net) AS net, coalesce(bool_or(e.unpriced), false) AS unpriced,
           -- From flat to flat half of what is executed closes: for the venue, which knows the sum of the books alone.
           sum(abs(n.signed_qty)) * 0.5 AS closed,
           array_agg(DISTINCT n.order_id) FILTER (WHERE n.order_id IS NOT NULL) AS order_ids,
           bool_or(n.exec_id LIKE 'order:%%') AS awaits_executions
      FROM numbered n LEFT JOIN earned e ON e.exit_fill_id = n.fill_id
     GROUP BY n.category, n.symbol, n.position_idx, n.cycle
    HAVING bool_or(n.ends) AND max(n.exec_time) >= %(since)s AND max(n.exec_time) < %(until)s
       -- The venue's P&L is by order: what closed and names none is not found there.
       AND NOT bool_or(n.order_id IS NULL AND n.held * n.signed_qty < 0)
)
SELECT c.*, coalesce((SELECT sum(p.amount) FROM trading.funding_payments p
                        JOIN trading.books b ON b.account_id = p.account_id AND b.book_id = p.book_id
                       WHERE b.account_id = %(account_id)s AND b.category = c.category AND b.symbol = c.symbol
                         AND b.position_idx = c.position_idx AND p.asset = b.settle_coin
                         AND p.exec_time >= c.since AND p.exec_time <= c.until), 0) AS funding
  FROM cycles c
 WHERE c.net IS NOT NULL AND NOT c.unpriced
 ORDER BY c.symbol, c.position_idx, c.cycle
