-- The set-based route: lots and trades of a book from its journal, by running sums alone.
--
-- With the signed position before each fill known, a fill closes min(|qty|, |position|) if it is against the
-- position and opens the rest. All that is opened lies on one axis of quantity, all that is closed on
-- another, and the n-th unit closed is the n-th unit opened: trades are the overlaps of the two axes.

-- The empty book.
CREATE OR REPLACE FUNCTION trading.zero_checkpoint() RETURNS trading.checkpoint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('-infinity', 0, '', 0, 0, 0, 0)::trading.checkpoint
$$;

-- Each fill, in exchange order, with the state in which it finds the book and what it does to it. Every level keeps the
-- order of the one below: one sort, or none, serves all. OFFSET 0: what a level computes is computed once.
CREATE OR REPLACE FUNCTION trading.derive_steps(p_account_id integer, p_book_id integer, p trading.checkpoint,
                                                p_until timestamptz)
RETURNS SETOF trading.step
LANGUAGE sql STABLE AS $$
    WITH journal AS (
        SELECT f.*, row_number() OVER o AS n, p.pos + sum(f.signed_qty) OVER o AS pos_after
          FROM trading.fills_after(p_account_id, p_book_id, p) f
         WHERE (p_until IS NULL OR f.exec_time <= p_until)
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
        WINDOW o AS (ORDER BY f.exec_time, f.seq, f.exec_id ROWS UNBOUNDED PRECEDING)
    ), netted AS (
        SELECT j.*, j.pos_after - j.signed_qty AS pos_before,
               CASE WHEN sign(j.pos_after - j.signed_qty) * sign(j.signed_qty) < 0
                    THEN least(abs(j.signed_qty), abs(j.pos_after - j.signed_qty)) ELSE 0 END AS close_qty
          FROM journal j OFFSET 0
    ), summed AS (
        SELECT t.*, abs(t.signed_qty) - t.close_qty AS open_qty,
               sum(t.close_qty) OVER o AS closed_to,
               sum(abs(t.signed_qty) - t.close_qty) OVER o AS opened_to,
               abs(t.signed_qty) > t.close_qty AND (t.pos_before = 0 OR t.close_qty > 0) AS begins_cycle
          FROM netted t
        WINDOW o AS (ORDER BY t.exec_time, t.seq, t.exec_id ROWS UNBOUNDED PRECEDING)
    ), cycled AS (  -- which fill was the last to begin a cycle, as its n and the lower half of its id; where that was
        SELECT s.*, max(CASE WHEN s.begins_cycle THEN (s.n << 32) | (s.fill_id & 4294967295) END) OVER o AS cycle,
               max(CASE WHEN s.begins_cycle THEN s.opened_to - s.open_qty END) OVER o AS cycle_from
          FROM summed s
        WINDOW o AS (ORDER BY s.exec_time, s.seq, s.exec_id ROWS UNBOUNDED PRECEDING)
    )
    SELECT c.n, c.fill_id, c.exec_time, c.seq, c.exec_id, c.side, c.exec_price, c.fee, c.commission_asset, c.close_reason,
           c.order_id, c.client_order_id, c.source, c.signed_qty, c.pos_before, c.close_qty, c.open_qty, c.closed_to,
           c.opened_to,
           CASE WHEN c.cycle IS NULL THEN p.cycle_id
                ELSE (p_book_id::bigint << 32) | (c.cycle & 4294967295) END,
           CASE WHEN c.cycle IS NULL THEN p.opened + c.opened_to ELSE c.opened_to - c.cycle_from END
      FROM cycled c
$$;

-- The steps that follow a checkpoint: `known`, if the caller has them.
CREATE OR REPLACE FUNCTION trading.steps_after(b trading.books, p trading.checkpoint, p_until timestamptz,
                                               known trading.step[]) RETURNS SETOF trading.step
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF known IS NULL THEN
        RETURN QUERY SELECT * FROM trading.derive_steps(b.account_id, b.book_id, p, p_until);
    ELSE
        RETURN QUERY SELECT * FROM unnest(known);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION trading.derive_lots(b trading.books, p trading.checkpoint, known trading.step[] DEFAULT NULL)
RETURNS SETOF trading.lots
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT b.account_id, b.book_id, s.fill_id, s.cycle_id, s.exec_time, s.side, s.exec_price,
           s.open_to - s.open_qty, s.open_to,
           s.fee - trading.share(s.fee, 0, s.close_qty, abs(s.signed_qty)),
           trading.fee_asset(b, s.commission_asset)
      FROM trading.steps_after(b, p, NULL, known) s
     WHERE s.open_qty > 0;
END
$$;

-- In the order in which the units were closed. JIT is off, because the planner takes what a FULL JOIN may give for so much
-- that it would compile every time.
CREATE OR REPLACE FUNCTION trading.derive_trades(b trading.books, p trading.checkpoint, known trading.step[] DEFAULT NULL)
RETURNS SETOF trading.completed_trades
LANGUAGE plpgsql STABLE SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH steps AS MATERIALIZED (
        SELECT * FROM trading.steps_after(b, p, NULL, known)
    ), lot AS (  -- those open at the checkpoint first, then the new ones, on one axis; x: consumed before
        SELECT l.fill_id, l.entry_price, l.entry_time, l.side, l.open_to - l.open_from AS qty, l.commission,
               l.commission_asset, greatest(p.closed - l.open_from, 0) AS x, l.open_to - p.closed AS axis_to,
               f.close_reason, f.order_id, f.client_order_id
          FROM trading.lots l CROSS JOIN LATERAL trading.fill_of(b.account_id, l.fill_id) f
         WHERE l.account_id = b.account_id AND l.cycle_id = p.cycle_id AND l.open_to > p.closed
           AND l.open_to <= p.opened
           -- the lot that p.closed lies in: none before it is read
           AND l.open_from >= (SELECT max(c.open_from) FROM trading.lots c
                                WHERE c.account_id = b.account_id AND c.cycle_id = p.cycle_id
                                  AND c.open_from <= p.closed)
           AND l.open_from < p.closed + (SELECT max(s.closed_to) FROM steps s)
        UNION ALL
        SELECT s.fill_id, s.exec_price, s.exec_time, s.side, s.open_qty,
               s.fee - trading.share(s.fee, 0, s.close_qty, abs(s.signed_qty)),
               trading.fee_asset(b, s.commission_asset), 0, abs(p.pos) + s.opened_to,
               s.close_reason, s.order_id, s.client_order_id
          FROM steps s
         WHERE s.open_qty > 0
    ), numbered_lot AS MATERIALIZED (
        SELECT l.*, row_number() OVER (ORDER BY axis_to) AS lot_n, axis_to - (qty - x) AS axis_from FROM lot l
    ), closer AS MATERIALIZED (
        SELECT s.*, row_number() OVER (ORDER BY s.n) AS close_n FROM steps s WHERE s.close_qty > 0
    ), bound AS (  -- every end of a lot or of a close cuts the axis
        SELECT at, bool_or(is_lot) AS ends_lot, bool_or(NOT is_lot) AS ends_close
          FROM (SELECT axis_to AS at, true AS is_lot FROM numbered_lot
                UNION ALL SELECT closed_to, false FROM closer) ends
         WHERE at <= (SELECT max(closed_to) FROM closer)
         GROUP BY at
    ), piece AS MATERIALIZED (
        SELECT coalesce(lag(at) OVER o, 0) AS a, at AS z,
               1 + count(*) FILTER (WHERE ends_lot) OVER before AS lot_n,
               1 + count(*) FILTER (WHERE ends_close) OVER before AS close_n
          FROM bound
        WINDOW o AS (ORDER BY at),
               before AS (ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), cut AS MATERIALIZED (
        -- FULL JOIN, because only that is never a nested loop: the planner takes these tables for tiny ones.
        SELECT i.a, i.z, i.close_n, e.*,
               trading.share(e.commission, e.x + i.a - e.axis_from, e.x + i.z - e.axis_from, e.qty) AS entry_fee
          FROM piece i FULL JOIN numbered_lot e ON e.lot_n = i.lot_n
    ), costed AS (
        SELECT i.fill_id AS entry_fill_id, i.entry_price, i.entry_time, i.side, i.commission_asset AS entry_asset,
               i.entry_fee, i.close_reason AS entry_reason, i.order_id AS entry_order_id,
               i.client_order_id AS entry_client_order_id, i.lot_n, i.close_n,
               c.fill_id AS exit_fill_id, c.exec_price AS exit_price, c.exec_time AS exit_time, i.z - i.a AS qty,
               trading.fee_asset(b, c.commission_asset) AS exit_asset,
               trading.share(c.fee, i.a - c.closed_to + c.close_qty, i.z - c.closed_to + c.close_qty,
                             abs(c.signed_qty)) AS exit_fee,
               trading.gross_pnl(b.category, i.side, i.z - i.a, b.multiplier, i.entry_price, c.exec_price) AS gross,
               c.close_reason, c.order_id, c.client_order_id, c.source
          FROM cut i FULL JOIN closer c ON c.close_n = i.close_n
         WHERE i.close_n IS NOT NULL  -- lots that nothing closes
    ), result AS MATERIALIZED (  -- else `net` would stand in pnl_pct() three times, which is not inlined then
        SELECT c.*, c.gross - CASE WHEN c.entry_asset = b.settle_coin THEN c.entry_fee ELSE 0 END
                            - CASE WHEN c.exit_asset = b.settle_coin THEN c.exit_fee ELSE 0 END AS net
          FROM costed c
    )
    SELECT b.account_id, b.book_id, r.entry_fill_id, r.exit_fill_id, r.entry_time, r.exit_time, b.position_idx,
           b.bot_id, b.category, b.symbol, r.side, r.qty, r.entry_price, r.exit_price, r.gross, r.entry_fee,
           r.exit_fee, r.net, trading.pnl_pct(b.category, r.net, r.qty, b.multiplier, r.entry_price), b.settle_coin,
           r.entry_asset, r.exit_asset, extract(epoch FROM r.exit_time - r.entry_time),
           trading.unknown_price_reason(r.entry_price, r.exit_price), r.entry_reason, r.close_reason,
           r.entry_order_id, r.order_id, r.entry_client_order_id, r.client_order_id, r.source
      FROM result r
     ORDER BY r.close_n, r.lot_n;
END
$$;
