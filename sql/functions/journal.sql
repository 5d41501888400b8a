-- The journal is append-only, for everyone, the owner included.
CREATE OR REPLACE FUNCTION trading.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'FL006',
        MESSAGE = format('%s on trading.%s refused: the journal is append-only', TG_OP, TG_TABLE_NAME),
        HINT = 'what must no longer count gets a row in trading.fill_voids';
END
$$;

CREATE OR REPLACE FUNCTION trading.link(previous bytea, content text) RETURNS bytea
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT sha256(previous || convert_to(content, 'UTF8'))
$$;

-- The canonical text of a journal row: every column but the hash, free of session settings (numbers without
-- trailing zeros, times as microseconds since 1970, UTC), unambiguous by the quoting of row text.
CREATE OR REPLACE FUNCTION trading.canonical(f trading.fills) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ROW(f.account_id, f.book_id, f.fill_id, f.book_seq,
               trunc(extract(epoch FROM f.exec_time) * 1000000), f.seq,
               trunc(extract(epoch FROM f.recorded_at) * 1000000), f.position_idx, f.is_maker, f.bot_id, f.category,
               f.symbol, f.exec_id, f.order_id, f.client_order_id, f.side, f.exec_type, trim_scale(f.exec_price),
               trim_scale(f.exec_qty), trim_scale(f.commission), f.commission_asset, f.close_reason, f.source,
               trim_scale(f.signed_qty), trim_scale(f.fee))::text
$$;

CREATE OR REPLACE FUNCTION trading.canonical(v trading.fill_voids) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ROW(v.account_id, v.fill_id, v.book_id, v.book_seq, v.replaced_by, v.reason,
               trunc(extract(epoch FROM v.recorded_at) * 1000000))::text
$$;

CREATE OR REPLACE FUNCTION trading.canonical(p trading.funding_payments) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ROW(p.account_id, p.book_id, p.cash_seq, p.bot_id, p.category, p.symbol, p.position_idx, p.exec_id,
               p.exec_type, trunc(extract(epoch FROM p.exec_time) * 1000000), p.seq, trim_scale(p.amount), p.asset,
               p.side, trim_scale(p.exec_qty), trim_scale(p.exec_price), p.order_id, p.source,
               trunc(extract(epoch FROM p.recorded_at) * 1000000))::text
$$;

-- Refuses what no execution can be, `valued` already. The clients check the same with better words; this guards the
-- tables.
CREATE OR REPLACE FUNCTION trading.require_valid(f trading.fills) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    field text := CASE
        WHEN f.symbol = '' OR f.symbol IS NULL THEN 'symbol'
        WHEN f.category = '' OR f.category IS NULL THEN 'category'
        WHEN f.position_idx NOT IN (0, 1, 2) OR f.position_idx IS NULL THEN 'position_idx'
        WHEN f.side NOT IN ('Buy', 'Sell') OR f.side IS NULL THEN 'side'
        WHEN f.exec_id = '' OR f.exec_id IS NULL THEN 'exec_id'
        WHEN f.order_id = '' OR f.order_id LIKE '%:rest:%' OR (f.order_id IS NULL AND f.exec_id LIKE 'order:%')
        THEN 'order_id'
        WHEN f.client_order_id = '' THEN 'client_order_id'
        -- What a driver can read, whatever time zone the session speaks in: one row beyond would fail every list it is in.
        WHEN f.exec_time < '0001-01-02 00:00+00' OR f.exec_time >= '9999-12-31 00:00+00' OR f.exec_time IS NULL
        THEN 'exec_time'
        -- As many digits as the clients take. NaN is greater than every number here.
        WHEN f.exec_qty <= 0 OR f.exec_qty >= 1e30 OR scale(f.exec_qty) > 30 OR f.exec_qty IS NULL THEN 'exec_qty'
        WHEN f.exec_price < 0 OR f.exec_price >= 1e30 OR scale(f.exec_price) > 30 OR (f.exec_price = 0 AND f.category <> 'option')
          OR (f.exec_price IS NULL AND f.exec_type NOT IN ('Adjustment', 'OpeningBalance')) THEN 'exec_price'
        WHEN f.commission <= -1e30 OR f.commission >= 1e30 OR scale(f.commission) > 30 OR f.commission IS NULL
        THEN 'commission'
        WHEN f.exec_type IS NULL OR trading.is_cash(f.exec_type) THEN 'exec_type'
        WHEN f.source IS NULL THEN 'source'
        -- A fee in the base coin has eaten the whole quantity.
        WHEN sign(f.signed_qty) <> CASE f.side WHEN 'Buy' THEN 1 ELSE -1 END THEN 'commission' END;
BEGIN
    IF field IS NOT NULL THEN
        PERFORM trading.raise_invalid(field, to_jsonb(f) ->> field, f.exec_id, CASE field
            WHEN 'commission' THEN 'finite, and in the base coin less than the quantity'
            WHEN 'order_id' THEN 'a text without ":rest:", and given for a fill of the whole order'
            ELSE 'a value that an execution can have' END);
    END IF;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION trading.raise_invalid(p_field text, p_value text, p_exec_id text, p_rule text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'FL004',
        MESSAGE = format('%s of execution %s is not one an execution can have', p_field, p_exec_id),
        DETAIL = json_build_object('field', p_field, 'value', p_value, 'rule', p_rule);
END
$$;

-- An execution moves a position or cash, and is in the one journal or the other.
CREATE OR REPLACE FUNCTION trading.require_no_cash(p_account_id integer, p_category text, p_exec_id text,
                                                   p_exec_type text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    stored text;
BEGIN
    SELECT k.exec_type INTO stored FROM trading.payment_of(p_account_id, p_category, p_exec_id) k;
    IF FOUND THEN
        PERFORM trading.raise_conflict(p_exec_id, json_build_object(
            'exec_type', json_build_object('stored', stored, 'given', p_exec_type)));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION trading.raise_conflict(p_exec_id text, differs json) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'FL001',
        MESSAGE = format('execution %s is in the ledger with another payload', p_exec_id),
        DETAIL = json_build_object('exec_id', p_exec_id, 'fields', differs);
END
$$;

-- Adds a fill to its book's journal. NULL if the execution is there already.
-- The caller holds the book's lock and takes over book_seq and hash.
CREATE OR REPLACE FUNCTION trading.journal_fill(b trading.books, f trading.fills) RETURNS trading.fills
LANGUAGE plpgsql AS $$
DECLARE
    valid boolean := trading.require_valid(f);
BEGIN
    f.book_seq := b.book_seq + 1;
    f.fill_id := (b.book_id::bigint << 32) + f.book_seq;
    f.recorded_at := clock_timestamp();
    f.hash := trading.link(b.hash, trading.canonical(f));
    INSERT INTO trading.fills SELECT f.*
     WHERE NOT EXISTS (SELECT FROM trading.payment_of(f.account_id, f.category, f.exec_id))
    ON CONFLICT (account_id, category, exec_id) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM trading.require_no_cash(f.account_id, f.category, f.exec_id, f.exec_type);
        RETURN NULL;
    END IF;
    RETURN f;
END
$$;

-- Marks a fill as no longer counting. It takes the number of the fill that caused it, if that is the
-- book's last one, else a number of its own. The caller holds the book's lock, takes over book_seq and hash, and
-- rebuilds.
CREATE OR REPLACE FUNCTION trading.journal_void(b trading.books, p_fill_id bigint, p_replaced_by bigint,
                                                p_reason text, p_cause_fill_id bigint) RETURNS trading.fill_voids
LANGUAGE plpgsql AS $$
DECLARE
    v trading.fill_voids;
BEGIN
    v.account_id := b.account_id;
    v.fill_id := p_fill_id;
    v.book_id := b.book_id;
    v.replaced_by := p_replaced_by;
    v.reason := p_reason;
    v.recorded_at := clock_timestamp();
    v.book_seq := CASE WHEN (b.book_id::bigint << 32) + b.book_seq = p_cause_fill_id THEN b.book_seq
                       ELSE b.book_seq + 1 END;
    v.hash := trading.link(b.hash, trading.canonical(v));
    INSERT INTO trading.fill_voids VALUES (v.*);
    RETURN v;
END
$$;
