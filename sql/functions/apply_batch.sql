-- Applies the fills that a batch has added to the journal, sorted in exchange order: after the book's last one from its
-- present state, else by a rebuild. Saves the book. The answer is that of the whole batch.
CREATE OR REPLACE FUNCTION trading.apply_batch(b trading.books, batch trading.fills[], fresh trading.fills[])
RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    p      trading.checkpoint;
    f      trading.fills := fresh[1];
    steps  trading.step[];
    lots   trading.lots[];
    trades trading.completed_trades[];
BEGIN
    b.book_seq := fresh[cardinality(fresh)].book_seq;
    b.hash := fresh[cardinality(fresh)].hash;
    b.dust_qty := b.dust_qty + (SELECT sum(trading.dust_of(b, u)) FROM unnest(fresh) u);
    IF (f.exec_time, f.seq, f.exec_id) < (b.last_exec_time, b.last_seq, b.last_exec_id) THEN
        b := trading.apply_late(b, f, 'late fills');
        RETURN trading.batch_result(b, batch, fresh, trading.lots_of(fresh), trading.trades_of(fresh));
    END IF;
    p := (b.last_exec_time, b.last_seq, b.last_exec_id,
          CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END, b.cycle_id, b.opened, b.closed);
    steps := ARRAY(SELECT s FROM trading.derive_steps(b.account_id, b.book_id, p, NULL) s);
    PERFORM trading.require_hedge_journal(b, p, steps);
    lots := ARRAY(SELECT l FROM trading.derive_lots(b, p, steps) l);
    trades := ARRAY(SELECT t FROM trading.derive_trades(b, p, steps) t);
    INSERT INTO trading.lots SELECT l.* FROM unnest(lots) l;
    INSERT INTO trading.completed_trades SELECT t.* FROM unnest(trades) t;
    SELECT b.trades + count(*), b.realized_gross + coalesce(sum(t.gross_pnl), 0), b.realized_net + coalesce(sum(t.net_pnl), 0)
      INTO b.trades, b.realized_gross, b.realized_net FROM unnest(trades) t;
    b := trading.with_moved_lots(trading.state_after(b, p, NULL, steps), b, p, (0, 0, 0, 0));
    b := trading.save_book(b);
    RETURN trading.batch_result(b, batch, fresh, lots, trades);
END
$$;

-- The lots that fills have opened.
CREATE OR REPLACE FUNCTION trading.lots_of(fresh trading.fills[]) RETURNS trading.lots[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(SELECT l FROM unnest(fresh) u CROSS JOIN LATERAL trading.lot_of(u.account_id, u.fill_id) l);
END
$$;

-- The trades that fills have completed, each fill's in the order in which it consumed the lots.
CREATE OR REPLACE FUNCTION trading.trades_of(fresh trading.fills[]) RETURNS trading.completed_trades[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(SELECT t FROM unnest(fresh) u
                  CROSS JOIN LATERAL trading.trades_of(u.account_id, u.fill_id) t
                  CROSS JOIN LATERAL trading.lot_of(t.account_id, t.entry_fill_id) l
                  ORDER BY l.open_from);
END
$$;

-- What each fill of a batch has done, in the order of the batch. `lots` and `trades`: what the fresh ones have opened and
-- completed.
CREATE OR REPLACE FUNCTION trading.batch_result(b trading.books, batch trading.fills[], fresh trading.fills[],
                                                lots trading.lots[], trades trading.completed_trades[])
RETURNS json LANGUAGE plpgsql SET jit = off AS $$
BEGIN
    RETURN (
        WITH input AS MATERIALIZED (
            SELECT i.exec_id, i.ordinality AS n, row_number() OVER (PARTITION BY i.exec_id ORDER BY i.ordinality) AS nth
              FROM unnest(batch) WITH ORDINALITY i
        ), closed AS MATERIALIZED (  -- without what is the book's; as lists, half the work of objects. In this order
            -- ledger/values.py reads them.
            SELECT u.exit_fill_id AS fill_id, json_agg(json_build_array(
                       u.entry_fill_id, u.exit_fill_id, u.entry_time, u.exit_time, u.side, u.quantity, u.entry_price,
                       u.exit_price, u.gross_pnl, u.entry_commission, u.exit_commission, u.net_pnl, u.pnl_pct,
                       u.entry_commission_asset, u.exit_commission_asset, u.holding_seconds, u.pnl_reason,
                       u.entry_reason, u.exit_reason, u.entry_order_id, u.exit_order_id, u.entry_client_order_id,
                       u.exit_client_order_id, u.source) ORDER BY u.ordinality) AS trades
              FROM unnest(trades) WITH ORDINALITY u
             GROUP BY 1
        ), added AS MATERIALIZED (  -- FULL JOIN: never a nested loop
            SELECT u.exec_id, 1::bigint AS nth, json_build_object(
                       'fill_id', u.fill_id, 'duplicate', false,
                       'entry', CASE WHEN o.fill_id IS NOT NULL THEN trading.entry_of(b, o, u) END,
                       'completed_trades', coalesce(c.trades, '[]')) AS result
              FROM unnest(fresh) u
              FULL JOIN unnest(lots) o ON o.fill_id = u.fill_id
              FULL JOIN closed c ON c.fill_id = u.fill_id
        ), answer AS MATERIALIZED (
            SELECT i.n, a.result
              FROM input i FULL JOIN added a ON a.exec_id = i.exec_id AND a.nth = i.nth
        )
        SELECT json_build_object(
            'position', trading.position_of(b),
            'results', json_agg(coalesce(a.result, trading.repeated_fill(b, batch[a.n])) ORDER BY a.n))
          FROM answer a);
END
$$;
