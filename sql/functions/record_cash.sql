-- Books funding, settlement and other cash of a book. Lots are never touched.
CREATE OR REPLACE FUNCTION trading.record_cash(
    p_account_id integer, p_bot_id text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    p_side text, p_exec_price numeric, p_exec_qty numeric, p_exec_time timestamptz, p_exec_id text,
    p_order_id text, p_amount numeric, p_asset text, p_seq bigint, p_exec_type text, p_source text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    b trading.books;
    p trading.funding_payments;
BEGIN
    p.bot_id := trading.owner_of(p_account_id, p_bot_id, p_named_bot, p_category, p_order_id);
    PERFORM trading.require_bot(p_account_id, p.bot_id);
    b := trading.lock_book(p_account_id, p.bot_id, p_category, p_symbol, p_position_idx);
    p.account_id := p_account_id;
    p.category := p_category;
    p.symbol := p_symbol;
    p.position_idx := p_position_idx;
    p.exec_id := p_exec_id;
    p.exec_type := p_exec_type;
    p.exec_time := p_exec_time;
    p.seq := coalesce(p_seq, 0);
    p.amount := p_amount;
    p.asset := coalesce(p_asset, b.settle_coin);
    p.side := p_side;
    p.exec_qty := p_exec_qty;
    p.exec_price := p_exec_price;
    p.order_id := p_order_id;
    p.source := p_source;
    PERFORM trading.require_valid(p);
    IF NOT trading.journal_cash(b, p) THEN
        PERFORM trading.drop_empty_book(b);
        RETURN trading.known_cash(b, p);
    END IF;
    RETURN trading.cash_result(b, false);
END
$$;

-- Adds a payment to its book's journal of cash. False if the execution is there already. The caller holds the book's lock.
CREATE OR REPLACE FUNCTION trading.journal_cash(b trading.books, p trading.funding_payments) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trading.require_no_fill(p);
    p.book_id := b.book_id;
    p.bot_id := b.bot_id;
    p.cash_seq := b.cash_seq + 1;
    p.recorded_at := clock_timestamp();
    p.hash := trading.link(b.cash_hash, trading.canonical(p));
    INSERT INTO trading.funding_payments VALUES (p.*) ON CONFLICT (account_id, category, exec_id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE trading.books k SET cash_seq = p.cash_seq, cash_hash = p.hash, updated_at = p.recorded_at
       -- Both keys, as in save_book().
     WHERE k.account_id = b.account_id AND k.book_id = b.book_id AND k.bot_id = b.bot_id AND k.category = b.category
       AND k.symbol = b.symbol AND k.position_idx = b.position_idx;
    RETURN true;
END
$$;

-- An execution moves a position or cash, and is in the one journal or the other.
CREATE OR REPLACE FUNCTION trading.require_no_fill(p trading.funding_payments) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    stored text;
BEGIN
    SELECT f.exec_type INTO stored FROM trading.execution_of(p.account_id, p.category, p.exec_id) f;
    IF FOUND THEN
        PERFORM trading.raise_conflict(p.exec_id, json_build_object(
            'exec_type', json_build_object('stored', stored, 'given', p.exec_type)));
    END IF;
END
$$;

-- Refuses what no movement of cash can be, and the ids of reversals.
CREATE OR REPLACE FUNCTION trading.require_valid(p trading.funding_payments) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    field text := CASE
        WHEN p.symbol = '' OR p.symbol IS NULL THEN 'symbol'
        WHEN p.category = '' OR p.category IS NULL THEN 'category'
        WHEN p.position_idx NOT IN (0, 1, 2) OR p.position_idx IS NULL THEN 'position_idx'
        WHEN p.exec_id = '' OR p.exec_id LIKE 'reversal:%' OR p.exec_id IS NULL THEN 'exec_id'
        WHEN p.exec_time < '0001-01-02 00:00+00' OR p.exec_time >= '9999-12-31 00:00+00' OR p.exec_time IS NULL
        THEN 'exec_time'
        WHEN p.exec_qty < 0 OR p.exec_qty >= 1e30 OR scale(p.exec_qty) > 30 THEN 'exec_qty'
        WHEN p.exec_price < 0 OR p.exec_price >= 1e30 OR scale(p.exec_price) > 30 THEN 'exec_price'
        WHEN p.amount <= -1e30 OR p.amount >= 1e30 OR scale(p.amount) > 30 OR p.amount IS NULL THEN 'commission'
        WHEN p.exec_type IS NULL OR NOT trading.is_cash(p.exec_type) THEN 'exec_type'
        WHEN p.source IS NULL THEN 'source' END;
BEGIN
    IF field IS NOT NULL THEN
        PERFORM trading.raise_invalid(field, to_jsonb(p) ->> field, p.exec_id, 'a value that an execution can have');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION trading.known_cash(mine trading.books, p trading.funding_payments) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    k       trading.funding_payments;
    b       trading.books;
    hidden  boolean;
    differs json;
BEGIN
    SELECT * INTO k FROM trading.payment_of(p.account_id, p.category, p.exec_id);
    hidden := NOT trading.may_act_for(k.account_id, k.bot_id);
    SELECT json_object_agg(c.field, json_build_object('stored', CASE WHEN hidden THEN 'hidden' ELSE c.stored END,
                                                      'given', c.given)) INTO differs
      FROM (VALUES
        ('symbol', k.symbol, p.symbol), ('exec_type', k.exec_type, p.exec_type),
        ('commission', trim_scale(k.amount)::text, trim_scale(p.amount)::text),
        ('commission_asset', k.asset, p.asset), ('exec_time', k.exec_time::text, p.exec_time::text),
        ('exec_qty', trim_scale(k.exec_qty)::text, trim_scale(p.exec_qty)::text)
      ) AS c (field, stored, given)
     WHERE c.stored <> c.given;
    IF differs IS NOT NULL THEN
        PERFORM trading.raise_conflict(p.exec_id, differs);
    END IF;
    SELECT * INTO b FROM trading.book_of(k.account_id, k.book_id);
    RETURN trading.cash_result(CASE WHEN hidden THEN mine ELSE b END, true);
END
$$;

CREATE OR REPLACE FUNCTION trading.cash_result(b trading.books, p_duplicate boolean) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object('fill_id', NULL, 'duplicate', p_duplicate, 'entry', NULL,
                             'completed_trades', '[]'::json, 'position', trading.position_of(b))
$$;
