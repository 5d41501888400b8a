-- Recomputes a book from its journal and compares. One row for each difference; none means proven.
CREATE OR REPLACE FUNCTION trading.verify_book(p_account_id integer, p_book_id integer)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET enable_nestloop = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
    b trading.books;
BEGIN
    SELECT * INTO b FROM trading.book_of(p_account_id, p_book_id);
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'book', p_book_id::text, 'book_id', NULL::text, 'a row'::text;
        RETURN;
    END IF;
    IF NOT pg_has_role(session_user, 'ledger_reader', 'USAGE') THEN
        PERFORM trading.require_bot(p_account_id, b.bot_id);
    END IF;
    RETURN QUERY SELECT * FROM trading.verify_journal(b);
    RETURN QUERY SELECT * FROM trading.verify_cash(b);
    BEGIN
        RETURN QUERY SELECT * FROM trading.verify_derived(b);
    EXCEPTION WHEN data_exception THEN  -- nothing follows from such values: PostgreSQL 15 cannot subtract infinite times
        RETURN QUERY SELECT 'book', b.book_id::text, 'derivation', SQLERRM, NULL::text;
    END;
END
$$;

-- The hash chain over fills and voids, the gap-free numbers, and the columns computed at the border: one pass in the
-- order of the keys. A void comes behind the fill whose number it shares.
CREATE OR REPLACE FUNCTION trading.verify_journal(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    first_id CONSTANT bigint := b.book_id::bigint << 32;
    name     CONSTANT text := concat_ws(' ', b.book_id, b.bot_id, b.category, b.symbol, b.position_idx);
BEGIN
    RETURN QUERY
    WITH entry AS (
        SELECT 'fill' AS subject, f.fill_id AS place, 0 AS kind, f.recorded_at, f.fill_id, f.book_seq, f.hash,
               trading.canonical(f) AS content, f.signed_qty, f.fee,
               trading.added_qty(b.category, b.base_coin, f) AS added,
               trading.counted_fee(b.category, b.base_coin, f) AS cost,
               CASE WHEN ROW(f.book_id, f.bot_id, f.category, f.symbol, f.position_idx)
                         IS DISTINCT FROM ROW(b.book_id, b.bot_id, b.category, b.symbol, b.position_idx)
                    THEN concat_ws(' ', f.book_id, f.bot_id, f.category, f.symbol, f.position_idx) END AS other_name
          FROM trading.fills_of_book(b.account_id, b.book_id) f
        UNION ALL
        SELECT 'void', first_id + v.book_seq, 1, v.recorded_at, v.fill_id, v.book_seq, v.hash, trading.canonical(v),
               NULL, NULL, NULL, NULL, NULL
          FROM trading.fill_voids v WHERE v.account_id = b.account_id AND v.book_id = b.book_id
    ), chained AS (
        SELECT e.*, lag(e.hash, 1, '\x'::bytea) OVER o AS previous, lag(e.book_seq, 1, 0::bigint) OVER o AS previous_seq
          FROM entry e
        WINDOW o AS (ORDER BY e.place, e.kind, e.recorded_at, e.fill_id)
    )
    SELECT c.subject, c.fill_id::text, d.field, d.stored, d.derived
      FROM chained c
     CROSS JOIN LATERAL (VALUES
           ('hash', encode(c.hash, 'hex'), encode(trading.link(c.previous, c.content), 'hex')),
           ('book_seq', c.book_seq::text, (CASE WHEN c.kind = 1 AND c.book_seq = c.previous_seq THEN c.book_seq
                                                ELSE c.previous_seq + 1 END)::text),
           ('fill_id', CASE c.kind WHEN 0 THEN c.fill_id END::text,
                       CASE c.kind WHEN 0 THEN first_id + c.book_seq END::text),
           ('signed_qty', trim_scale(c.signed_qty)::text, trim_scale(c.added)::text),
           ('fee', trim_scale(c.fee)::text, trim_scale(c.cost)::text),
           ('book', c.other_name, CASE WHEN c.other_name IS NOT NULL THEN name END)
          ) AS d (field, stored, derived)
     WHERE (c.hash IS DISTINCT FROM trading.link(c.previous, c.content)
            OR c.book_seq IS DISTINCT FROM c.previous_seq + 1 AND (c.kind = 0 OR c.book_seq <> c.previous_seq)
            OR c.kind = 0 AND c.fill_id <> first_id + c.book_seq
            OR c.signed_qty IS DISTINCT FROM c.added OR c.fee IS DISTINCT FROM c.cost OR c.other_name IS NOT NULL)
       AND d.stored IS DISTINCT FROM d.derived;
    RETURN QUERY
    WITH ends AS (
        (SELECT f.book_seq, 0 AS kind, f.recorded_at, f.fill_id, f.hash FROM trading.fills f
          WHERE f.account_id = b.account_id AND f.fill_id > first_id AND f.fill_id < first_id + (1::bigint << 32)
          ORDER BY f.fill_id DESC LIMIT 1)
        UNION ALL
        (SELECT v.book_seq, 1, v.recorded_at, v.fill_id, v.hash FROM trading.fill_voids v
          WHERE v.account_id = b.account_id AND v.book_id = b.book_id
          ORDER BY v.book_seq DESC, v.recorded_at DESC, v.fill_id DESC LIMIT 1)
    )
    SELECT 'book', b.book_id::text, 'hash', encode(b.hash, 'hex'), encode(coalesce(h.hash, '\x'), 'hex')
      FROM (SELECT 1) one LEFT JOIN (
            SELECT * FROM ends e ORDER BY e.book_seq DESC, e.kind DESC, e.recorded_at DESC, e.fill_id DESC LIMIT 1) h
        ON true
     WHERE (b.hash, b.book_seq) IS DISTINCT FROM (coalesce(h.hash, '\x'), coalesce(h.book_seq, 0));
END
$$;

-- What is computed of a fill at the border, in other words than trading.valued(): what it adds to the position, and its
-- commission, a spot fee in the base coin counted in quote.
CREATE OR REPLACE FUNCTION trading.added_qty(p_category text, p_base_coin text, f trading.fills) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN f.side <> 'Buy' THEN -f.exec_qty
                WHEN p_category = 'spot' AND f.commission_asset = p_base_coin THEN f.exec_qty - f.commission
                ELSE f.exec_qty END
$$;

CREATE OR REPLACE FUNCTION trading.counted_fee(p_category text, p_base_coin text, f trading.fills) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_category = 'spot' AND f.commission_asset = p_base_coin
                THEN coalesce(f.commission * f.exec_price, 0) ELSE f.commission END
$$;

CREATE OR REPLACE FUNCTION trading.verify_cash(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    name CONSTANT text := concat_ws(' ', b.bot_id, b.category, b.symbol, b.position_idx);
BEGIN
    RETURN QUERY
    WITH chained AS (
        SELECT p.cash_seq, p.hash, row_number() OVER o AS n,
               trading.link(lag(p.hash, 1, '\x'::bytea) OVER o, trading.canonical(p)) AS expected,
               CASE WHEN ROW(p.bot_id, p.category, p.symbol, p.position_idx)
                         IS DISTINCT FROM ROW(b.bot_id, b.category, b.symbol, b.position_idx)
                    THEN concat_ws(' ', p.bot_id, p.category, p.symbol, p.position_idx) END AS other_name
          FROM trading.funding_payments p
         WHERE p.account_id = b.account_id AND p.book_id = b.book_id
        WINDOW o AS (ORDER BY p.cash_seq)
    )
    SELECT 'cash', c.cash_seq::text, d.field, d.stored, d.derived
      FROM chained c
     CROSS JOIN LATERAL (VALUES
           ('hash', encode(c.hash, 'hex'), encode(c.expected, 'hex')),
           ('cash_seq', c.cash_seq::text, c.n::text),
           ('book', c.other_name, CASE WHEN c.other_name IS NOT NULL THEN name END)
          ) AS d (field, stored, derived)
     WHERE d.stored IS DISTINCT FROM d.derived
    UNION ALL
    SELECT 'book', b.book_id::text, 'cash_hash', encode(b.cash_hash, 'hex'), encode(h.hash, 'hex')
      FROM (SELECT coalesce((SELECT c.hash FROM chained c ORDER BY c.cash_seq DESC LIMIT 1), '\x') AS hash,
                   (SELECT count(*) FROM chained) AS n) h
     WHERE (b.cash_hash, b.cash_seq) <> (h.hash, h.n);
END
$$;

-- The fields in which two rows differ. A row that is missing on one side differs in all of them.
CREATE OR REPLACE FUNCTION trading.row_differences(p_subject text, p_item text, p_stored jsonb, p_derived jsonb)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT p_subject, p_item, 'row', CASE WHEN p_stored IS NULL THEN 'missing' ELSE p_stored::text END,
           CASE WHEN p_derived IS NULL THEN 'missing' ELSE p_derived::text END
     WHERE p_stored IS NULL OR p_derived IS NULL
    UNION ALL
    SELECT p_subject, p_item, s.key, s.value, p_derived ->> s.key
      FROM jsonb_each_text(p_stored) s
     WHERE p_derived IS NOT NULL AND p_stored -> s.key IS DISTINCT FROM p_derived -> s.key
$$;
