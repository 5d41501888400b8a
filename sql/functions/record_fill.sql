-- Journals one execution and applies it, in one call. The answer: fill id, whether it was there already, the
-- lot it opened, the trades it completed, the position. Nothing is written when it raises.
CREATE OR REPLACE FUNCTION trading.record_fill(
    p_account_id integer, p_bot_id text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    p_side text, p_exec_price numeric, p_exec_qty numeric, p_exec_time timestamptz, p_exec_id text,
    p_order_id text, p_client_order_id text, p_commission numeric, p_commission_asset text,
    p_close_reason text, p_seq bigint, p_is_maker boolean, p_exec_type text, p_source text,
    p_effect text DEFAULT NULL, p_announced text[] DEFAULT NULL) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b     trading.books;
    f     trading.fills;
    done  trading.fills;
    owner text;
    ready boolean := p_order_id IS NULL OR trading.lock_order(p_account_id, p_order_id);
    known bigint;
BEGIN
    owner := trading.owner_of(p_account_id, p_bot_id, p_named_bot, p_category, p_order_id);
    ready := trading.require_bot(p_account_id, owner)
         AND trading.require_announced(owner, p_category, p_symbol, p_position_idx, p_announced);
    b := trading.lock_book(p_account_id, owner, p_category, p_symbol, p_position_idx);
    -- In one expression, in the order of the table's columns: each costs a little by itself.
    f := (p_account_id, b.book_id, NULL, NULL, coalesce(p_exec_time, clock_timestamp()), coalesce(p_seq, 0), NULL,
          p_position_idx, p_is_maker, owner, p_category, p_symbol, coalesce(p_exec_id, 'order:' || p_order_id),
          p_order_id, p_client_order_id, p_side, p_exec_type, p_exec_price, p_exec_qty, p_commission,
          p_commission_asset, p_close_reason, p_source, NULL, NULL, NULL);
    f := trading.valued(b, f);
    done := trading.journal_fill(b, f);
    IF done IS NULL THEN
        PERFORM trading.drop_empty_book(b);
        RETURN trading.known_fill(b, f, p_exec_time IS NOT NULL, p_seq IS NOT NULL, p_commission_asset IS NOT NULL);
    END IF;
    IF p_effect = 'closes' THEN
        PERFORM trading.require_open(b, done);
    END IF;
    b.dust_qty := b.dust_qty + trading.dust_of(b, done);
    b.book_seq := done.book_seq;
    b.hash := done.hash;
    IF p_order_id IS NOT NULL AND trading.is_order_mixed(done) THEN
        b := trading.settle_order(b, done, p_announced);
    ELSIF (done.exec_time, done.seq, done.exec_id) < (b.last_exec_time, b.last_seq, b.last_exec_id) THEN
        b := trading.apply_late(b, done, 'late fill');
    ELSE
        known := b.trades;
        b := trading.apply_fill(b, done);
        b := trading.save_book(b);
    END IF;
    IF p_effect IS NOT NULL THEN
        PERFORM trading.require_effect(b, done, p_effect);
    END IF;
    -- Nothing is looked for that a fill which came last cannot have made.
    RETURN trading.fill_result(b, done, false, known IS NULL OR b.side = done.side, b.trades IS DISTINCT FROM known);
END
$$;

-- Refuses a close of more than is open now. What was open at its own time is another matter: see below.
CREATE OR REPLACE FUNCTION trading.require_open(b trading.books, f trading.fills) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    have numeric := CASE WHEN b.side IN (f.side, 'None') THEN 0 ELSE b.size END;
BEGIN
    IF abs(f.signed_qty) > have THEN
        PERFORM trading.raise_insufficient(b, abs(f.signed_qty), have, 'a close may not close more than is open');
    END IF;
END
$$;

-- Refuses a fill that was to close and has opened something, or was to open and has only closed.
CREATE OR REPLACE FUNCTION trading.require_effect(b trading.books, f trading.fills, p_effect text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    opened numeric;
BEGIN
    SELECT l.open_to - l.open_from INTO opened FROM trading.lot_of(f.account_id, f.fill_id) l;
    IF p_effect = 'closes' AND FOUND THEN
        PERFORM trading.raise_insufficient(b, abs(f.signed_qty), abs(f.signed_qty) - opened,
                                           'a close may not close more than is open');
    ELSIF p_effect = 'opens' AND NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'FL011',
            MESSAGE = format('%s %s %s would only close a position, so it opens no lot',
                             f.side, trim_scale(f.exec_qty), f.symbol);
    END IF;
END
$$;

-- The answer for an execution that is in the journal already, if it says the same; else the conflict. What
-- the caller left out is not compared. A login that may not see the bot it is booked to learns no more than
-- that it is there; `mine` is the book it would have been booked in.
CREATE OR REPLACE FUNCTION trading.known_fill(mine trading.books, f trading.fills, with_time boolean, with_seq boolean,
                                              with_asset boolean) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    k       trading.fills;
    b       trading.books;
    hidden  boolean;
    differs json;
BEGIN
    SELECT * INTO k FROM trading.execution_of(f.account_id, f.category, f.exec_id);
    hidden := NOT trading.may_act_for(k.account_id, k.bot_id);
    SELECT json_object_agg(c.field, json_build_object('stored', CASE WHEN hidden THEN 'hidden' ELSE c.stored END,
                                                      'given', c.given)) INTO differs
      FROM (VALUES
        ('symbol', k.symbol, f.symbol, k.symbol <> f.symbol),
        ('position_idx', k.position_idx::text, f.position_idx::text, k.position_idx <> f.position_idx),
        ('side', k.side, f.side, k.side <> f.side),
        ('exec_type', k.exec_type, f.exec_type, k.exec_type <> f.exec_type),
        ('exec_price', k.exec_price::text, f.exec_price::text, k.exec_price IS DISTINCT FROM f.exec_price),
        ('exec_qty', k.exec_qty::text, f.exec_qty::text, k.exec_qty <> f.exec_qty),
        ('commission', k.commission::text, f.commission::text, k.commission <> f.commission),
        ('exec_time', k.exec_time::text, f.exec_time::text, with_time AND k.exec_time <> f.exec_time),
        ('seq', k.seq::text, f.seq::text, with_seq AND k.seq <> 0 AND k.seq <> f.seq),
        ('commission_asset', k.commission_asset, f.commission_asset,
         with_asset AND k.commission_asset <> f.commission_asset),
        ('order_id', k.order_id, f.order_id, k.order_id <> f.order_id),
        ('client_order_id', k.client_order_id, f.client_order_id, k.client_order_id <> f.client_order_id),
        ('is_maker', k.is_maker::text, f.is_maker::text, k.is_maker <> f.is_maker)
      ) AS c (field, stored, given, different)
     WHERE c.different;
    IF differs IS NOT NULL THEN
        PERFORM trading.raise_conflict(f.exec_id, differs);
    END IF;
    IF hidden THEN
        RETURN json_build_object('fill_id', k.fill_id, 'duplicate', true, 'entry', NULL, 'completed_trades', '[]'::json,
                                 'position', trading.position_of(mine));
    END IF;
    SELECT * INTO b FROM trading.book_of(k.account_id, k.book_id);
    RETURN trading.fill_result(b, k, true);
END
$$;

-- What a fill has done: `opens`, `closes`: whether it may have opened a lot, or completed trades.
-- PL/pgSQL, because the plan of a SQL function that is not inlined is made anew at every call.
CREATE OR REPLACE FUNCTION trading.fill_result(b trading.books, f trading.fills, p_duplicate boolean,
                                               opens boolean DEFAULT true, closes boolean DEFAULT true) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
    l      trading.lots;
    entry  json;
    trades json;
BEGIN
    IF opens THEN
        SELECT * INTO l FROM trading.lot_of(f.account_id, f.fill_id);
        IF FOUND THEN
            entry := trading.entry_of(b, l, f);
        END IF;
    END IF;
    IF closes THEN
        SELECT json_agg(t ORDER BY o.open_from) INTO trades
          FROM trading.trades_of(b.account_id, f.fill_id) t
         CROSS JOIN LATERAL trading.lot_of(t.account_id, t.entry_fill_id) o;
    END IF;
    RETURN json_build_object('fill_id', f.fill_id, 'duplicate', p_duplicate, 'entry', entry,
                             'completed_trades', coalesce(trades, '[]'), 'position', trading.position_of(b));
END
$$;

-- What the view position_entries shows of a lot, from rows that are at hand, without what the answer says elsewhere: the
-- fill's id and the book. Each field of a JSON object costs as much as the matching of a lot.
CREATE OR REPLACE FUNCTION trading.entry_of(b trading.books, l trading.lots, f trading.fills) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'side', l.side, 'entry_price', l.entry_price, 'original_qty', l.open_to - l.open_from,
        'remaining_qty', trading.remaining_qty(b, l),
        'status', trading.lot_status(l.open_to - l.open_from, trading.remaining_qty(b, l)), 'entry_time', l.entry_time,
        'entry_commission', l.commission, 'commission_asset', l.commission_asset,
        'remaining_commission', trading.share(l.commission, l.open_to - l.open_from - trading.remaining_qty(b, l),
                                              l.open_to - l.open_from, l.open_to - l.open_from),
        'exec_id', f.exec_id, 'order_id', f.order_id, 'client_order_id', f.client_order_id, 'source', f.source)
$$;

-- What is left of a lot: only lots of the book's present cycle can be open, from books.closed on.
CREATE OR REPLACE FUNCTION trading.remaining_qty(b trading.books, l trading.lots) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN l.cycle_id = b.cycle_id THEN l.open_to - least(greatest(b.closed, l.open_from), l.open_to)
                ELSE 0 END
$$;

CREATE OR REPLACE FUNCTION trading.lot_status(qty numeric, remaining numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN remaining = 0 THEN 'closed' WHEN remaining < qty THEN 'partially_closed' ELSE 'open' END
$$;

CREATE OR REPLACE FUNCTION trading.position_of(b trading.books) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'bot_id', b.bot_id, 'category', b.category, 'symbol', b.symbol, 'position_idx', b.position_idx,
        'side', b.side, 'total_qty', b.size,
        'avg_entry_price', trading.average_price(b.category, b.size, b.open_cost, b.unpriced_qty),
        'entries', b.entries, 'first_entry_time', b.first_entry_time, 'last_entry_time', b.last_entry_time,
        'cost', b.open_cost, 'open_commission', b.open_commission, 'realized_pnl', b.realized_net,
        'dust_qty', b.dust_qty, 'settle_coin', b.settle_coin, 'book_seq', b.book_seq, 'updated_at', b.updated_at)
$$;
