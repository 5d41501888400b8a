-- The state just before an execution in exchange order, from which the book can be derived again. Inside the
-- present cycle it is the present state less what the later fills opened and closed, so that a fill that is a
-- little late costs little; before it, the book is derived from the last flat point.
CREATE OR REPLACE FUNCTION trading.checkpoint_before(b trading.books, p_exec_time timestamptz, p_seq bigint,
                                                     p_exec_id text) RETURNS trading.checkpoint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    p     trading.checkpoint;
    began trading.fills;
BEGIN
    SELECT * INTO began FROM trading.fill_of(b.account_id, b.cycle_id);
    IF NOT FOUND OR (began.exec_time, began.seq, began.exec_id) >= (p_exec_time, p_seq, p_exec_id) THEN
        RETURN trading.last_cycle_before(b, p_exec_time, p_seq, p_exec_id);
    END IF;
    p := trading.point_before(b, p_exec_time, p_seq, p_exec_id);
    SELECT b.opened - coalesce(sum(l.open_to - l.open_from), 0) INTO p.opened
      FROM trading.fills_from(b, p_exec_time, p_seq, p_exec_id) f
     CROSS JOIN LATERAL trading.lot_of(b.account_id, f.fill_id) l;
    SELECT b.closed - coalesce(sum(t.quantity), 0) INTO p.closed
      FROM trading.fills_from(b, p_exec_time, p_seq, p_exec_id) f
     CROSS JOIN LATERAL trading.trades_of(b.account_id, f.fill_id) t;
    p.pos := CASE began.side WHEN 'Buy' THEN p.opened - p.closed ELSE p.closed - p.opened END;
    RETURN p;
END
$$;

-- The key of the last fill that counts before an execution, in the book's present cycle.
CREATE OR REPLACE FUNCTION trading.point_before(b trading.books, p_exec_time timestamptz, p_seq bigint, p_exec_id text)
RETURNS trading.checkpoint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    p trading.checkpoint;
BEGIN
    SELECT f.exec_time, f.seq, f.exec_id INTO p.exec_time, p.seq, p.exec_id FROM trading.fills f
     WHERE f.account_id = b.account_id AND f.book_id = b.book_id
       AND (f.exec_time, f.seq, f.exec_id) < (p_exec_time, p_seq, p_exec_id)
       AND NOT EXISTS (SELECT FROM trading.fill_voids v
                        WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
     ORDER BY f.exec_time DESC, f.seq DESC, f.exec_id DESC
     LIMIT 1;
    p.cycle_id := b.cycle_id;
    RETURN p;
END
$$;

-- The keys of the fills from an execution on, that one included. A function, so that the planner takes them for
-- many and looks what belongs to each up by its whole key.
CREATE OR REPLACE FUNCTION trading.fills_from(b trading.books, p_exec_time timestamptz, p_seq bigint, p_exec_id text)
RETURNS TABLE (fill_id bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT f.fill_id FROM trading.fills f
     WHERE f.account_id = b.account_id AND f.book_id = b.book_id
       AND (f.exec_time, f.seq, f.exec_id) >= (p_exec_time, p_seq, p_exec_id)
     ORDER BY f.exec_time, f.seq, f.exec_id;
END
$$;

-- Just after the last fill before an execution that began a cycle, where exactly one lot is open.
CREATE OR REPLACE FUNCTION trading.last_cycle_before(b trading.books, p_exec_time timestamptz, p_seq bigint,
                                                     p_exec_id text) RETURNS trading.checkpoint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    p trading.checkpoint;
BEGIN
    SELECT f.exec_time, f.seq, f.exec_id, CASE l.side WHEN 'Buy' THEN l.open_to ELSE -l.open_to END,
           l.cycle_id, l.open_to, 0
      INTO p
      FROM trading.fills f CROSS JOIN LATERAL trading.lot_of(f.account_id, f.fill_id) l
     WHERE f.account_id = b.account_id AND f.book_id = b.book_id
       AND (f.exec_time, f.seq, f.exec_id) < (p_exec_time, p_seq, p_exec_id)
       AND l.cycle_id = l.fill_id
       AND NOT EXISTS (SELECT FROM trading.fill_voids v
                        WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
     ORDER BY f.exec_time DESC, f.seq DESC, f.exec_id DESC
     LIMIT 1;
    RETURN CASE WHEN FOUND THEN p ELSE trading.zero_checkpoint() END;
END
$$;

-- Derives again what follows a checkpoint and writes only the rows that differ. The caller holds the book's
-- lock; the book is saved. Plans are generic, because making one for each call would take longer than what a fill
-- that is a little late changes.
CREATE OR REPLACE FUNCTION trading.rebuild_from(b trading.books, p trading.checkpoint, p_reason text,
                                                p_cause_fill_id bigint) RETURNS trading.books
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
    log    trading.book_rebuilds;
    old    record;
    now    record;
    former trading.books := b;
    tail   trading.open_sum;
BEGIN
    tail := trading.open_sums(b, p.opened, 'Infinity', b.closed);
    SELECT count(t.exit_fill_id) AS trades, coalesce(sum(t.net_pnl), 0) AS net, coalesce(sum(t.gross_pnl), 0) AS gross
      INTO old FROM trading.trades_after(b, p) t;
    PERFORM trading.require_hedge_journal(b, p);
    SELECT w.written, w.removed INTO log.lots_written, log.lots_removed FROM trading.replace_lots(b, p) w;
    SELECT w.written, w.removed INTO log.trades_written, log.trades_removed FROM trading.replace_trades(b, p) w;
    SELECT count(t.exit_fill_id) AS trades, coalesce(sum(t.net_pnl), 0) AS net, coalesce(sum(t.gross_pnl), 0) AS gross
      INTO now FROM trading.trades_after(b, p) t;
    log.trades_before := b.trades;
    log.net_pnl_before := b.realized_net;
    IF p_reason = 'requested' THEN  -- the whole book, nothing of which is believed: a stored value may be no number
        log.trades_before := old.trades;
        log.net_pnl_before := old.net;
        b.trades := now.trades;
        b.realized_net := now.net;
        b.realized_gross := now.gross;
        b := trading.position_after(b, p);
    ELSE
        b.trades := b.trades - old.trades + now.trades;
        b.realized_net := b.realized_net - old.net + now.net;
        b.realized_gross := b.realized_gross - old.gross + now.gross;
        b := trading.with_moved_lots(trading.state_after(b, p, NULL), former, p, tail);
    END IF;
    b := trading.save_book(b);
    INSERT INTO trading.book_rebuilds (account_id, book_id, book_seq, reason, cause_fill_id, from_time, fills,
        lots_written, lots_removed, trades_written, trades_removed, trades_before, trades_after,
        net_pnl_before, net_pnl_after)
    VALUES (b.account_id, b.book_id, b.book_seq, p_reason, p_cause_fill_id, nullif(p.exec_time, '-infinity'),
        (SELECT count(*) FROM trading.fills_after(b.account_id, b.book_id, p) f
          WHERE NOT EXISTS (SELECT FROM trading.fill_voids v
                             WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)),
        log.lots_written, log.lots_removed, log.trades_written, log.trades_removed, log.trades_before, b.trades,
        log.net_pnl_before, b.realized_net);
    RETURN b;
END
$$;

CREATE OR REPLACE FUNCTION trading.trades_after(b trading.books, p trading.checkpoint)
RETURNS SETOF trading.completed_trades
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT t.*
      FROM trading.fills_after(b.account_id, b.book_id, p) f
     CROSS JOIN LATERAL trading.trades_of(f.account_id, f.fill_id) t;
END
$$;

CREATE OR REPLACE FUNCTION trading.replace_lots(b trading.books, p trading.checkpoint,
                                                OUT written bigint, OUT removed bigint)
LANGUAGE plpgsql AS $$
BEGIN
    WITH fresh AS MATERIALIZED (
        SELECT * FROM trading.derive_lots(b, p)
    ), former AS MATERIALIZED (
        SELECT f.fill_id FROM trading.fills_after(b.account_id, b.book_id, p) f
    ), gone AS (
        -- By an array, because a join may be planned to read all lots of the account. Within bounds, because PostgreSQL 15 may
        -- look at each of them for the array.
        DELETE FROM trading.lots l
         WHERE l.account_id = b.account_id AND l.fill_id = ANY (ARRAY(SELECT o.fill_id FROM former o))
           AND l.fill_id BETWEEN (SELECT min(o.fill_id) FROM former o) AND (SELECT max(o.fill_id) FROM former o)
           AND l.fill_id NOT IN (SELECT n.fill_id FROM fresh n)
        RETURNING 1
    ), put AS (
        INSERT INTO trading.lots AS l SELECT * FROM fresh
        ON CONFLICT (account_id, fill_id) DO UPDATE
           SET (book_id, cycle_id, entry_time, side, entry_price, open_from, open_to, commission, commission_asset)
             = ROW(excluded.book_id, excluded.cycle_id, excluded.entry_time, excluded.side, excluded.entry_price,
                   excluded.open_from, excluded.open_to, excluded.commission, excluded.commission_asset)
         WHERE l.* IS DISTINCT FROM excluded.*
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM gone) INTO written, removed;
END
$$;

CREATE OR REPLACE FUNCTION trading.replace_trades(b trading.books, p trading.checkpoint,
                                                  OUT written bigint, OUT removed bigint)
LANGUAGE plpgsql AS $$
BEGIN
    WITH fresh AS MATERIALIZED (
        SELECT * FROM trading.derive_trades(b, p)
    ), former AS MATERIALIZED (
        SELECT DISTINCT t.exit_fill_id FROM trading.trades_after(b, p) t
    ), gone AS (
        DELETE FROM trading.completed_trades t
         WHERE t.account_id = b.account_id AND t.exit_fill_id = ANY (ARRAY(SELECT o.exit_fill_id FROM former o))
           AND t.exit_fill_id BETWEEN (SELECT min(o.exit_fill_id) FROM former o)
                                  AND (SELECT max(o.exit_fill_id) FROM former o)
           AND (t.exit_fill_id, t.entry_fill_id) NOT IN (SELECT n.exit_fill_id, n.entry_fill_id FROM fresh n)
        RETURNING 1
    ), put AS (
        INSERT INTO trading.completed_trades AS t SELECT * FROM fresh
        ON CONFLICT (account_id, exit_fill_id, entry_fill_id) DO UPDATE
           SET (book_id, entry_time, exit_time, position_idx, bot_id, category, symbol, side, quantity,
               entry_price, exit_price, gross_pnl, entry_commission, exit_commission,
               net_pnl, pnl_pct, settle_coin, entry_commission_asset,
               exit_commission_asset, holding_seconds, pnl_reason, entry_reason,
               exit_reason, entry_order_id, exit_order_id, entry_client_order_id,
               exit_client_order_id, source)
             = ROW(excluded.book_id, excluded.entry_time, excluded.exit_time, excluded.position_idx,
                   excluded.bot_id, excluded.category, excluded.symbol, excluded.side,
                   excluded.quantity, excluded.entry_price, excluded.exit_price,
                   excluded.gross_pnl, excluded.entry_commission,
                   excluded.exit_commission, excluded.net_pnl, excluded.pnl_pct,
                   excluded.settle_coin, excluded.entry_commission_asset,
                   excluded.exit_commission_asset, excluded.holding_seconds,
                   excluded.pnl_reason, excluded.entry_reason, excluded.exit_reason,
                   excluded.entry_order_id, excluded.exit_order_id,
                   excluded.entry_client_order_id, excluded.exit_client_order_id,
                   excluded.source)
         WHERE t.* IS DISTINCT FROM excluded.*
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM gone) INTO written, removed;
END
$$;

-- Refuses a journal in which a hedge leg is closed further than it was open.
CREATE OR REPLACE FUNCTION trading.require_hedge_journal(b trading.books, p trading.checkpoint,
                                                         known trading.step[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    IF b.position_idx = 0 THEN
        RETURN;
    END IF;
    SELECT abs(s.signed_qty) AS need, s.close_qty AS have, s.side INTO bad
      FROM trading.steps_after(b, p, NULL, known) s
     WHERE s.open_qty > 0 AND s.side <> CASE b.position_idx WHEN 1 THEN 'Buy' ELSE 'Sell' END
     ORDER BY s.n LIMIT 1;
    IF FOUND THEN
        PERFORM trading.require_hedge_rule(b, bad.side, bad.need, bad.have);
    END IF;
END
$$;

-- The book's open position after the journal that follows a checkpoint, its lots being written already.
CREATE OR REPLACE FUNCTION trading.position_after(b trading.books, p trading.checkpoint) RETURNS trading.books
LANGUAGE sql STABLE AS $$
    SELECT trading.with_open_lots(trading.state_after(b, p, NULL))
$$;

-- Where the book stands after the journal that follows a checkpoint.
CREATE OR REPLACE FUNCTION trading.state_after(b trading.books, p trading.checkpoint, p_until timestamptz,
                                               known trading.step[] DEFAULT NULL) RETURNS trading.books
LANGUAGE plpgsql STABLE AS $$
DECLARE
    last trading.checkpoint;
BEGIN
    SELECT s.exec_time, s.seq, s.exec_id, s.pos_before + s.signed_qty, s.cycle_id, s.open_to,
           s.open_to - abs(s.pos_before + s.signed_qty)
      INTO last
      FROM trading.steps_after(b, p, p_until, known) s ORDER BY s.n DESC LIMIT 1;
    IF NOT FOUND THEN
        last := p;
    END IF;
    RETURN trading.stand_at(b, last);
END
$$;

CREATE OR REPLACE FUNCTION trading.stand_at(b trading.books, p trading.checkpoint) RETURNS trading.books
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    b.last_exec_time := p.exec_time;
    b.last_seq := p.seq;
    b.last_exec_id := p.exec_id;
    b.size := abs(p.pos);
    b.side := CASE sign(p.pos) WHEN 1 THEN 'Buy' WHEN -1 THEN 'Sell' ELSE 'None' END;
    b.cycle_id := p.cycle_id;
    b.opened := p.opened;
    b.closed := p.opened - b.size;
    RETURN b;
END
$$;

-- Derives a whole book again, for `fifoledger rebuild`. Returns how many rows differed.
CREATE OR REPLACE FUNCTION trading.rebuild_book(p_account_id integer, p_book_id integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET jit = off AS $$
DECLARE
    b      trading.books;
    result bigint;
BEGIN
    SELECT * INTO b FROM trading.books k
     WHERE k.account_id = p_account_id AND k.book_id BETWEEN p_book_id AND p_book_id ORDER BY k.book_id
       FOR NO KEY UPDATE;
    PERFORM trading.require_bot(b.account_id, b.bot_id);
    -- Rows of fills that no longer exist, or that nothing derives, would survive a comparison by fill.
    DELETE FROM trading.completed_trades t WHERE t.account_id = p_account_id
       AND t.exit_fill_id BETWEEN p_book_id::bigint << 32 AND (p_book_id + 1)::bigint << 32
       AND NOT EXISTS (SELECT FROM trading.fill_of(t.account_id, t.exit_fill_id) f WHERE f.book_id = t.book_id);
    b.dust_qty := trading.dust_of_book(b);
    PERFORM trading.rebuild_from(b, trading.zero_checkpoint(), 'requested', NULL);
    SELECT lots_written + lots_removed + trades_written + trades_removed INTO result
      FROM trading.book_rebuilds WHERE account_id = p_account_id AND book_id = p_book_id
     ORDER BY rebuild_seq DESC LIMIT 1;
    RETURN result;
END
$$;
