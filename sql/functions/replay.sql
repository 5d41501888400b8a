-- Fills that come a little late. The few that follow them in exchange order are taken back and applied again, one by
-- one: the plans of the set-based route take longer to start than so few rows to write.

-- Applies fills just journaled of which the first in exchange order, f, sorts before the book's last one. Saves the book.
CREATE OR REPLACE FUNCTION trading.apply_late(b trading.books, f trading.fills, p_reason text) RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    again trading.fills[];
    began trading.fills;
BEGIN
    SELECT * INTO began FROM trading.fill_of(b.account_id, b.cycle_id);
    IF (began.exec_time, began.seq, began.exec_id) < (f.exec_time, f.seq, f.exec_id) THEN
        again := trading.few_from(b, f);
    END IF;
    IF again IS NULL THEN
        RETURN trading.rebuild_from(b, trading.checkpoint_before(b, f.exec_time, f.seq, f.exec_id), p_reason, f.fill_id);
    END IF;
    RETURN trading.replay(b, again, began.side, p_reason, f.fill_id);
END
$$;

-- The fills that count from f on, in exchange order; NULL if they are too many to be applied one by one.
CREATE OR REPLACE FUNCTION trading.few_from(b trading.books, f trading.fills) RETURNS trading.fills[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    few   constant integer := 16;
    found trading.fills[];
BEGIN
    found := ARRAY(SELECT k FROM trading.fills k
                    WHERE k.account_id = b.account_id AND k.book_id = b.book_id
                      AND (k.exec_time, k.seq, k.exec_id) >= (f.exec_time, f.seq, f.exec_id)
                      AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                       WHERE v.account_id = k.account_id AND v.fill_id = k.fill_id)
                    ORDER BY k.exec_time, k.seq, k.exec_id LIMIT few + 1);
    RETURN CASE WHEN cardinality(found) <= few THEN found END;
END
$$;

-- Takes back what these fills of the present cycle did, if anything, and applies all of them in this order.
CREATE OR REPLACE FUNCTION trading.replay(b trading.books, again trading.fills[], cycle_side text, p_reason text,
                                          p_cause_fill_id bigint) RETURNS trading.books
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    p      trading.checkpoint;
    ids    bigint[] := ARRAY(SELECT u.fill_id FROM unnest(again) u ORDER BY u.fill_id);
    -- Bounds, because PostgreSQL 15 may look at each row of the account for an array.
    first_id constant bigint := ids[1];
    last_id  constant bigint := ids[cardinality(ids)];
    former trading.books := b;
    tail   trading.open_sum;
    gone   record;
    f      trading.fills := again[1];
    log    trading.book_rebuilds;
BEGIN
    p := trading.point_before(b, f.exec_time, f.seq, f.exec_id);
    WITH deleted AS (
        DELETE FROM trading.completed_trades t
         WHERE t.account_id = b.account_id AND t.exit_fill_id = ANY (ids) AND t.exit_fill_id BETWEEN first_id AND last_id
        RETURNING t.quantity, t.gross_pnl, t.net_pnl)
    SELECT count(*) AS trades, coalesce(sum(quantity), 0) AS quantity, coalesce(sum(gross_pnl), 0) AS gross,
           coalesce(sum(net_pnl), 0) AS net
      INTO gone FROM deleted;
    SELECT coalesce(min(l.open_from), b.opened) INTO p.opened FROM trading.lots l
     WHERE l.account_id = b.account_id AND l.fill_id = ANY (ids) AND l.fill_id BETWEEN first_id AND last_id;
    p.closed := b.closed - gone.quantity;
    p.pos := CASE cycle_side WHEN 'Buy' THEN p.opened - p.closed ELSE p.closed - p.opened END;
    tail := trading.open_sums(b, p.opened, 'Infinity', b.closed);
    DELETE FROM trading.lots l
     WHERE l.account_id = b.account_id AND l.fill_id = ANY (ids) AND l.fill_id BETWEEN first_id AND last_id;
    GET DIAGNOSTICS log.lots_removed = ROW_COUNT;
    b := trading.with_moved_lots(trading.stand_at(b, p), former, p, tail);
    b.trades := b.trades - gone.trades;
    b.realized_gross := b.realized_gross - gone.gross;
    b.realized_net := b.realized_net - gone.net;
    log.trades_written := b.trades;
    FOREACH f IN ARRAY again LOOP
        b := trading.apply_fill(b, f);
    END LOOP;
    b := trading.save_book(b);
    INSERT INTO trading.book_rebuilds (account_id, book_id, book_seq, reason, cause_fill_id, from_time, fills,
        lots_written, lots_removed, trades_written, trades_removed, trades_before, trades_after,
        net_pnl_before, net_pnl_after)
    VALUES (b.account_id, b.book_id, b.book_seq, p_reason, p_cause_fill_id, nullif(p.exec_time, '-infinity'),
        cardinality(again),
        (SELECT count(*) FROM trading.lots l
          WHERE l.account_id = b.account_id AND l.fill_id = ANY (ids) AND l.fill_id BETWEEN first_id AND last_id),
        log.lots_removed, b.trades - log.trades_written, gone.trades, former.trades, b.trades,
        former.realized_net, b.realized_net);
    RETURN b;
END
$$;
