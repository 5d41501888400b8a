-- A fill without an execution id stands for its whole order, as `order:<order id>`. Executions of that order
-- take its place: the order-level fill is voided and what they do not cover yet goes on as
-- `order:<order id>:rest:<quantity>`, until nothing is left.

-- Until the transaction ends nobody else books a fill of this order, in whatever book: to whom it belongs, and whether
-- executions replace a fill of the whole order, is decided by what is there. Taken before any book's lock.
CREATE OR REPLACE FUNCTION trading.lock_order(p_account_id integer, p_order_id text) RETURNS boolean
LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(p_account_id, trading.order_lock(p_order_id)) IS NOT NULL $$;

-- Orders share 4096 locks: a batch of more orders than the server's table of locks has room for (6400 by default, for all
-- transactions together) must not fail. Two orders that have one lock by chance wait for each other a little.
CREATE OR REPLACE FUNCTION trading.order_lock(p_order_id text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT hashtext(p_order_id) & 4095 $$;

CREATE OR REPLACE FUNCTION trading.is_order_level(exec_id text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT exec_id LIKE 'order:%' $$;

-- Whether the order of a fill just journaled now has both an order-level fill and executions.
CREATE OR REPLACE FUNCTION trading.is_order_mixed(f trading.fills) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF trading.is_order_level(f.exec_id) THEN
        RETURN EXISTS (SELECT FROM trading.fills_of_order(f.account_id, f.category, f.order_id) x
                        WHERE NOT trading.is_order_level(x.exec_id));
    END IF;
    RETURN EXISTS (SELECT FROM trading.execution_of(f.account_id, f.category, 'order:' || f.order_id));
END
$$;

-- Brings the order-level fill of an order in line with its executions, after `cause` was journaled in the
-- locked book b, and rebuilds.
CREATE OR REPLACE FUNCTION trading.settle_order(b trading.books, cause trading.fills, p_announced text[])
RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    whole    trading.fills;
    live     trading.fills;
    executed numeric;
    newest   bigint;
    here     trading.books := b;
    earliest trading.fills := cause;
BEGIN
    SELECT * INTO whole FROM trading.execution_of(b.account_id, b.category, 'order:' || cause.order_id);
    SELECT * INTO live FROM trading.fills_of_order(b.account_id, b.category, cause.order_id) x
     WHERE trading.is_order_level(x.exec_id)
       AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = x.account_id AND v.fill_id = x.fill_id);
    SELECT coalesce(sum(x.exec_qty), 0), max(x.fill_id) INTO executed, newest
      FROM trading.fills_of_order(b.account_id, b.category, cause.order_id) x
     WHERE NOT trading.is_order_level(x.exec_id)
       AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = x.account_id AND v.fill_id = x.fill_id);
    IF live.fill_id IS NOT NULL AND live.exec_qty > whole.exec_qty - executed THEN
        IF live.book_id <> b.book_id THEN
            PERFORM trading.require_bot(live.account_id, live.bot_id);
            PERFORM trading.require_announced(live.bot_id, live.category, live.symbol, live.position_idx, p_announced);
            here := trading.lock_other_book(b, live.book_id);
        END IF;
        here := trading.replace_order_fill(here, whole, live, executed, newest, cause.fill_id);
        IF live.book_id <> b.book_id THEN
            PERFORM trading.rebuild_from(here, trading.checkpoint_before(here, whole.exec_time, whole.seq, whole.exec_id),
                                         'order-level fill replaced by its executions', cause.fill_id);
        ELSE
            b := here;
            -- The whole order comes before any rest of it.
            IF (whole.exec_time, whole.seq, whole.exec_id) < (cause.exec_time, cause.seq, cause.exec_id) THEN
                earliest := whole;
            END IF;
        END IF;
    END IF;
    RETURN trading.rebuild_from(b, trading.checkpoint_before(b, earliest.exec_time, earliest.seq, earliest.exec_id),
                                'order-level fill replaced by its executions', cause.fill_id);
END
$$;

-- Voids the order-level fill that counts now and journals the rest that the executions leave of the whole.
CREATE OR REPLACE FUNCTION trading.replace_order_fill(b trading.books, whole trading.fills, live trading.fills,
                                                      executed numeric, p_replaced_by bigint,
                                                      p_cause_fill_id bigint) RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    v    trading.fill_voids;
    rest trading.fills := whole;
BEGIN
    v := trading.journal_void(b, live.fill_id, p_replaced_by, 'replaced by executions of the order', p_cause_fill_id);
    b.book_seq := v.book_seq;
    b.hash := v.hash;
    b.dust_qty := b.dust_qty - trading.dust_of(b, live);
    IF executed < whole.exec_qty THEN
        rest.exec_qty := whole.exec_qty - executed;
        rest.commission := trading.share(whole.commission, executed, whole.exec_qty, whole.exec_qty);
        rest.exec_id := whole.exec_id || ':rest:' || trim_scale(rest.exec_qty);
        rest := trading.journal_fill(b, trading.valued(b, rest));
        b.book_seq := rest.book_seq;
        b.hash := rest.hash;
        b.dust_qty := b.dust_qty + trading.dust_of(b, rest);
    END IF;
    RETURN b;
END
$$;

-- A second book, locked without waiting against the sorted order: the caller's retry breaks the tie.
CREATE OR REPLACE FUNCTION trading.lock_other_book(b trading.books, p_book_id integer) RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    other trading.books;
BEGIN
    IF p_book_id > b.book_id THEN
        SELECT * INTO other FROM trading.books k WHERE k.account_id = b.account_id AND k.book_id BETWEEN p_book_id AND p_book_id
         ORDER BY k.book_id
           FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO other FROM trading.books k WHERE k.account_id = b.account_id AND k.book_id BETWEEN p_book_id AND p_book_id
         ORDER BY k.book_id
           FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'serialization_failure',
                MESSAGE = format('book %s is being written; try again', p_book_id);
        END IF;
    END IF;
    RETURN other;
END
$$;
