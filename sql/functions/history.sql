-- What the import of history needs besides COPY. Lots and trades are derived outside the database and written in bulk, so
-- only a login that may write the tables can import: none of these functions lends its rights.

-- Locks books, creating those that are not there, in one order for everybody. `p_books`: a JSON list of keys. It does not
-- queue: the server's table of locks has no room for as many.
CREATE OR REPLACE FUNCTION trading.lock_books(p_account_id integer, p_books json) RETURNS SETOF trading.books
LANGUAGE plpgsql AS $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT * FROM json_to_recordset(p_books) AS j (bot_id text, category text, symbol text,
                                                            position_idx smallint)
              ORDER BY j.bot_id COLLATE "C", j.category COLLATE "C", j.symbol COLLATE "C", j.position_idx
    LOOP
        RETURN NEXT trading.lock_book(p_account_id, k.bot_id, k.category, k.symbol, k.position_idx, false);
    END LOOP;
END
$$;

-- Takes back what was derived from a moment of the exchange order on, and leaves the book as it stood just before.
-- Answers that moment, and what there was.
CREATE OR REPLACE FUNCTION trading.rewind_book(p_account_id integer, p_book_id integer, p_exec_time timestamptz,
                                               p_seq bigint, p_exec_id text, OUT after_time timestamptz,
                                               OUT after_seq bigint, OUT after_exec_id text, OUT lots_removed bigint,
                                               OUT trades_removed bigint, OUT trades_before bigint,
                                               OUT net_pnl_before numeric)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    b   trading.books;
    p   trading.checkpoint;
    old record;
BEGIN
    SELECT * INTO b FROM trading.book_of(p_account_id, p_book_id);
    p := trading.checkpoint_before(b, p_exec_time, p_seq, p_exec_id);
    trades_before := b.trades;
    net_pnl_before := b.realized_net;
    -- The bounds say nothing new, but PostgreSQL 15 may look at each row of the account for an array.
    WITH later AS MATERIALIZED (
        SELECT f.fill_id FROM trading.fills_after(b.account_id, b.book_id, p) f
    ), trades AS (
        DELETE FROM trading.completed_trades t
         WHERE t.account_id = b.account_id AND t.exit_fill_id = ANY (ARRAY(SELECT f.fill_id FROM later f))
           AND t.exit_fill_id BETWEEN (SELECT min(f.fill_id) FROM later f) AND (SELECT max(f.fill_id) FROM later f)
        RETURNING t.gross_pnl, t.net_pnl
    ), lots AS (
        DELETE FROM trading.lots l
         WHERE l.account_id = b.account_id AND l.fill_id = ANY (ARRAY(SELECT f.fill_id FROM later f))
           AND l.fill_id BETWEEN (SELECT min(f.fill_id) FROM later f) AND (SELECT max(f.fill_id) FROM later f)
        RETURNING 1
    )
    SELECT count(*) AS trades, coalesce(sum(t.gross_pnl), 0) AS gross, coalesce(sum(t.net_pnl), 0) AS net,
           (SELECT count(*) FROM lots) AS lots
      INTO old FROM trades t;
    lots_removed := old.lots;
    trades_removed := old.trades;
    b := trading.stand_at(b, p);
    b.trades := b.trades - old.trades;
    b.realized_gross := b.realized_gross - old.gross;
    b.realized_net := b.realized_net - old.net;
    PERFORM trading.save_book(b);
    after_time := p.exec_time;
    after_seq := p.seq;
    after_exec_id := p.exec_id;
END
$$;

-- Brings this book's order-level fills of orders in line with the executions, in whatever book these are. Answers the
-- earliest fill of which less counts than before; NULL: none.
CREATE OR REPLACE FUNCTION trading.settle_orders(p_account_id integer, p_book_id integer, p_order_ids text[],
                                                 OUT from_time timestamptz, OUT from_seq bigint,
                                                 OUT from_exec_id text)
LANGUAGE plpgsql AS $$
DECLARE
    b        trading.books;
    v_order  text;
    whole    trading.fills;
    live     trading.fills;
    executed record;
BEGIN
    SELECT * INTO b FROM trading.book_of(p_account_id, p_book_id);
    FOR v_order IN SELECT u FROM unnest(p_order_ids) u ORDER BY u COLLATE "C" LOOP
        SELECT * INTO whole FROM trading.fills x
         WHERE x.account_id = b.account_id AND x.category = b.category AND x.exec_id = 'order:' || v_order;
        SELECT x.* INTO live FROM trading.fills x
         WHERE x.account_id = b.account_id AND x.category = b.category AND x.order_id = v_order
           AND trading.is_order_level(x.exec_id) AND x.book_id = b.book_id
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = x.account_id AND v.fill_id = x.fill_id);
        SELECT coalesce(sum(x.exec_qty), 0) AS qty, max(x.fill_id) AS newest INTO executed FROM trading.fills x
         WHERE x.account_id = b.account_id AND x.category = b.category AND x.order_id = v_order
           AND NOT trading.is_order_level(x.exec_id)
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = x.account_id AND v.fill_id = x.fill_id);
        IF live.fill_id IS NOT NULL AND live.exec_qty > whole.exec_qty - executed.qty THEN
            b := trading.replace_order_fill(b, whole, live, executed.qty, executed.newest, NULL);
            IF from_time IS NULL
               OR (whole.exec_time, whole.seq, whole.exec_id) < (from_time, from_seq, from_exec_id) THEN
                from_time := whole.exec_time;
                from_seq := whole.seq;
                from_exec_id := whole.exec_id;
            END IF;
        END IF;
    END LOOP;
    PERFORM trading.save_book(b);
END
$$;

-- Where books stand behind a block of fills that was derived and written; `p_ends`: a JSON list, one for each book.
CREATE OR REPLACE FUNCTION trading.advance_books(p_account_id integer, p_ends json) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    e record;
    b trading.books;
BEGIN
    FOR e IN SELECT * FROM json_to_recordset(p_ends) AS j (
                 book_id integer, book_seq bigint, hash text, last_exec_time timestamptz, last_seq bigint,
                 last_exec_id text, pos numeric, cycle_id bigint, opened numeric, trades bigint, gross numeric,
                 net numeric, dust numeric)
    LOOP
        SELECT * INTO b FROM trading.book_of(p_account_id, e.book_id);
        b.book_seq := coalesce(e.book_seq, b.book_seq);
        b.hash := coalesce(decode(e.hash, 'hex'), b.hash);
        b := trading.stand_at(b, (e.last_exec_time, e.last_seq, e.last_exec_id, e.pos, e.cycle_id, e.opened,
                                  NULL)::trading.checkpoint);
        b.trades := b.trades + e.trades;
        b.realized_gross := b.realized_gross + e.gross;
        b.realized_net := b.realized_net + e.net;
        b.dust_qty := b.dust_qty + coalesce(e.dust, 0);
        PERFORM trading.save_book(trading.with_open_lots(b));
    END LOOP;
END
$$;
