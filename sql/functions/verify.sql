-- Recomputes a book from its journal and compares. One row for each difference; none means proven.
CREATE OR REPLACE FUNCTION trading.verify_book(p_account_id integer, p_book_id integer)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET jit = off AS $$
DECLARE
    b trading.books;
BEGIN
    SELECT * INTO b FROM trading.books k WHERE k.account_id = p_account_id AND k.book_id = p_book_id;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'book', p_book_id::text, 'book_id', NULL::text, 'a row'::text;
        RETURN;
    END IF;
    IF NOT pg_has_role(session_user, 'ledger_reader', 'USAGE') THEN
        PERFORM trading.require_bot(p_account_id, b.bot_id);
    END IF;
    RETURN QUERY SELECT * FROM trading.verify_journal(b);
    RETURN QUERY SELECT * FROM trading.verify_cash(b);
    RETURN QUERY SELECT * FROM trading.verify_lots(b);
    RETURN QUERY SELECT * FROM trading.verify_trades(b);
    RETURN QUERY SELECT * FROM trading.verify_state(b);
    RETURN QUERY SELECT * FROM trading.verify_invariants(b);
END
$$;

-- The hash chain over fills and voids, the gap-free numbers, and the columns computed at the border.
CREATE OR REPLACE FUNCTION trading.verify_journal(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql STABLE AS $$
    WITH journal AS (
        SELECT f.book_seq, 0 AS kind, f.recorded_at, f.fill_id, f.hash, trading.canonical(f) AS content,
               'fill' AS subject
          FROM trading.fills f WHERE f.account_id = b.account_id AND f.book_id = b.book_id
        UNION ALL
        SELECT v.book_seq, 1, v.recorded_at, v.fill_id, v.hash, trading.canonical(v), 'void'
          FROM trading.fill_voids v WHERE v.account_id = b.account_id AND v.book_id = b.book_id
    ), chained AS (
        SELECT j.*, lag(j.hash, 1, '\x'::bytea) OVER o AS previous, lag(j.book_seq, 1, 0::bigint) OVER o AS previous_seq
          FROM journal j
        WINDOW o AS (ORDER BY j.book_seq, j.kind, j.recorded_at, j.fill_id)
    )
    SELECT c.subject, c.fill_id::text, 'hash', encode(c.hash, 'hex'),
           encode(trading.link(c.previous, c.content), 'hex')
      FROM chained c WHERE c.hash <> trading.link(c.previous, c.content)
    UNION ALL
    SELECT c.subject, c.fill_id::text, 'book_seq', c.book_seq::text, (c.previous_seq + 1)::text
      FROM chained c WHERE c.book_seq - c.previous_seq NOT IN (1, CASE c.subject WHEN 'void' THEN 0 ELSE 1 END)
    UNION ALL
    SELECT 'book', b.book_id::text, 'hash', encode(b.hash, 'hex'), encode(coalesce(h.hash, '\x'), 'hex')
      FROM (SELECT 1) one LEFT JOIN LATERAL (
            SELECT c.hash, c.book_seq FROM chained c ORDER BY c.book_seq DESC, c.kind DESC, c.recorded_at DESC,
                   c.fill_id DESC LIMIT 1) h ON true
     WHERE (b.hash, b.book_seq) IS DISTINCT FROM (coalesce(h.hash, '\x'), coalesce(h.book_seq, 0))
    UNION ALL
    SELECT 'fill', f.fill_id::text, d.field, d.stored, d.derived
      FROM trading.fills f
     CROSS JOIN LATERAL trading.valued(b, f) w
     CROSS JOIN LATERAL (VALUES
           ('signed_qty', f.signed_qty::text, w.signed_qty::text, f.signed_qty <> w.signed_qty),
           ('fee', f.fee::text, w.fee::text, f.fee <> w.fee),
           ('book', concat_ws(' ', f.bot_id, f.category, f.symbol, f.position_idx),
                    concat_ws(' ', b.bot_id, b.category, b.symbol, b.position_idx),
            (f.bot_id, f.category, f.symbol, f.position_idx) <> (b.bot_id, b.category, b.symbol, b.position_idx))
          ) AS d (field, stored, derived, different)
     WHERE f.account_id = b.account_id AND f.book_id = b.book_id AND d.different
$$;

CREATE OR REPLACE FUNCTION trading.verify_cash(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql STABLE AS $$
    WITH chained AS (
        SELECT p.cash_seq, p.hash, row_number() OVER o AS n,
               trading.link(lag(p.hash, 1, '\x'::bytea) OVER o, trading.canonical(p)) AS expected
          FROM trading.funding_payments p
         WHERE p.account_id = b.account_id AND p.book_id = b.book_id
        WINDOW o AS (ORDER BY p.cash_seq)
    )
    SELECT 'cash', c.cash_seq::text, 'hash', encode(c.hash, 'hex'), encode(c.expected, 'hex')
      FROM chained c WHERE c.hash <> c.expected
    UNION ALL
    SELECT 'cash', c.cash_seq::text, 'cash_seq', c.cash_seq::text, c.n::text FROM chained c WHERE c.cash_seq <> c.n
    UNION ALL
    SELECT 'book', b.book_id::text, 'cash_hash', encode(b.cash_hash, 'hex'), encode(h.hash, 'hex')
      FROM (SELECT coalesce((SELECT c.hash FROM chained c ORDER BY c.cash_seq DESC LIMIT 1), '\x') AS hash,
                   (SELECT count(*) FROM chained) AS n) h
     WHERE (b.cash_hash, b.cash_seq) <> (h.hash, h.n)
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

CREATE OR REPLACE FUNCTION trading.verify_lots(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql STABLE AS $$
    SELECT d.*
      FROM (SELECT * FROM trading.lots l WHERE l.account_id = b.account_id
               AND l.fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32) l
      FULL JOIN trading.derive_lots(b, trading.zero_checkpoint(), NULL) e ON e.fill_id = l.fill_id
     CROSS JOIN LATERAL trading.row_differences('lot', coalesce(l.fill_id, e.fill_id)::text,
           CASE WHEN l.fill_id IS NOT NULL THEN to_jsonb(l) END,
           CASE WHEN e.fill_id IS NOT NULL THEN to_jsonb(e) END) d
     WHERE l IS DISTINCT FROM e
$$;

CREATE OR REPLACE FUNCTION trading.verify_trades(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql STABLE AS $$
    SELECT d.*
      FROM (SELECT * FROM trading.completed_trades t
             WHERE t.account_id = b.account_id
               AND t.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32) t
      FULL JOIN trading.derive_trades(b, trading.zero_checkpoint()) e
        ON e.exit_fill_id = t.exit_fill_id AND e.entry_fill_id = t.entry_fill_id
     CROSS JOIN LATERAL trading.row_differences('trade',
           format('%s/%s', coalesce(t.entry_fill_id, e.entry_fill_id), coalesce(t.exit_fill_id, e.exit_fill_id)),
           CASE WHEN t.exit_fill_id IS NOT NULL THEN to_jsonb(t) END,
           CASE WHEN e.exit_fill_id IS NOT NULL THEN to_jsonb(e) END) d
     WHERE t IS DISTINCT FROM e
$$;

-- The running state in the book's row.
CREATE OR REPLACE FUNCTION trading.verify_state(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    e trading.books := trading.position_after(b, trading.zero_checkpoint());
BEGIN
    -- Of the stored trades, each of which verify_trades() proves.
    SELECT count(*), coalesce(sum(t.gross_pnl), 0), coalesce(sum(t.net_pnl), 0)
      INTO e.trades, e.realized_gross, e.realized_net
      FROM trading.completed_trades t
     WHERE t.account_id = b.account_id
       AND t.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32;
    SELECT coalesce(i.base_coin, c.base_coin), coalesce(i.quote_coin, c.quote_coin),
           coalesce(i.settle_coin, c.settle_coin), coalesce(i.multiplier, 1)
      INTO e.base_coin, e.quote_coin, e.settle_coin, e.multiplier
      FROM trading.coins_of(b.category, b.symbol) c
      LEFT JOIN trading.instruments i
        ON i.account_id = b.account_id AND i.category = b.category AND i.symbol = b.symbol;
    e.dust_qty := trading.dust_of_book(b);
    RETURN QUERY SELECT d.* FROM trading.row_differences('book', b.book_id::text, to_jsonb(b), to_jsonb(e)) d;
END
$$;

-- What must add up, by plain sums over the stored rows.
CREATE OR REPLACE FUNCTION trading.verify_invariants(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql STABLE AS $$
    WITH counted AS (
        SELECT f.* FROM trading.fills f
         WHERE f.account_id = b.account_id AND f.book_id = b.book_id
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
    ), entry AS (
        SELECT e.* FROM trading.position_entries e WHERE e.account_id = b.account_id
           AND e.entry_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32
    ), trade AS (
        SELECT t.* FROM trading.completed_trades t WHERE t.account_id = b.account_id
           AND t.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32
    ), per_lot AS (
        SELECT t.entry_fill_id, sum(t.quantity) AS qty FROM trade t GROUP BY t.entry_fill_id
    ), compared AS MATERIALIZED (  -- FULL JOIN: never a nested loop, however small the planner takes them for
        SELECT e.entry_id, e.original_qty, e.remaining_qty, p.qty
          FROM entry e FULL JOIN per_lot p ON p.entry_fill_id = e.entry_id
    )
    SELECT 'invariant', b.book_id::text, i.field, i.stored::text, i.derived::text
      FROM (VALUES
        ('signed quantity of lots = of fills',
         (SELECT coalesce(sum(CASE e.side WHEN 'Buy' THEN e.remaining_qty ELSE -e.remaining_qty END), 0) FROM entry e),
         (SELECT coalesce(sum(c.signed_qty), 0) FROM counted c)),
        ('commission on trades and open lots = on fills',
         (SELECT coalesce(sum(t.entry_commission + t.exit_commission), 0) FROM trade t)
         + (SELECT coalesce(sum(e.remaining_commission), 0) FROM entry e),
         (SELECT coalesce(sum(c.fee), 0) FROM counted c)),
        ('lots whose original - closed <> remaining',
         (SELECT count(*) FROM compared c
           WHERE c.entry_id IS NULL OR c.original_qty - coalesce(c.qty, 0) <> c.remaining_qty OR c.remaining_qty < 0),
         0)
      ) AS i (field, stored, derived)
     WHERE i.stored <> i.derived
$$;

-- Orders whose fill of the whole does not leave what their executions, in whatever book, do not cover.
CREATE OR REPLACE FUNCTION trading.verify_orders(p_account_id integer)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql STABLE AS $$
    WITH counted AS (
        SELECT f.category, f.order_id, trading.is_order_level(f.exec_id) AS is_whole, f.exec_qty
          FROM trading.fills f
         WHERE f.account_id = p_account_id AND f.order_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
    ), summed AS (
        SELECT c.category, c.order_id, coalesce(sum(c.exec_qty) FILTER (WHERE c.is_whole), 0) AS rest,
               coalesce(sum(c.exec_qty) FILTER (WHERE NOT c.is_whole), 0) AS executed
          FROM counted c GROUP BY c.category, c.order_id
    )
    SELECT 'order', s.order_id, 'quantity that no execution covers', s.rest::text,
           greatest(w.exec_qty - s.executed, 0)::text
      FROM trading.fills w
      JOIN summed s ON s.category = w.category AND s.order_id = w.order_id
     WHERE w.account_id = p_account_id AND w.exec_id = 'order:' || w.order_id
       AND s.rest <> greatest(w.exec_qty - s.executed, 0)
$$;

-- Rows that name another book than the one their fills belong to. They would hide from verify_book(), which looks
-- at the rows of a book's fills. One pass over an account.
CREATE OR REPLACE FUNCTION trading.verify_strays(p_account_id integer)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'ledger_reader', 'USAGE')
       AND NOT pg_has_role(session_user, 'ledger_owner', 'USAGE') THEN
        RETURN;  -- what a bot's own login may see is verified book by book
    END IF;
    RETURN QUERY SELECT * FROM trading.verify_orders(p_account_id);
    RETURN QUERY
    SELECT s.subject, s.item, 'book_id', s.book_id::text, s.belongs::text
      FROM (SELECT 'fill' AS subject, f.fill_id::text AS item, f.book_id, f.fill_id >> 32 AS belongs
              FROM trading.fills f WHERE f.account_id = p_account_id
            UNION ALL
            SELECT 'void', v.fill_id::text, v.book_id, v.fill_id >> 32
              FROM trading.fill_voids v WHERE v.account_id = p_account_id
            UNION ALL
            SELECT 'lot', l.fill_id::text, l.book_id, l.fill_id >> 32
              FROM trading.lots l WHERE l.account_id = p_account_id
            UNION ALL
            SELECT 'lot', l.fill_id::text, l.book_id, l.cycle_id >> 32
              FROM trading.lots l WHERE l.account_id = p_account_id
            UNION ALL
            SELECT 'trade', t.entry_fill_id || '/' || t.exit_fill_id, t.book_id, t.exit_fill_id >> 32
              FROM trading.completed_trades t WHERE t.account_id = p_account_id
           ) s
     WHERE s.book_id <> s.belongs
    UNION ALL
    SELECT s.subject, s.item, 'book', 'missing', s.book_id::text
      FROM (SELECT 'fill' AS subject, f.fill_id::text AS item, f.account_id, f.book_id
              FROM trading.fills f WHERE f.account_id = p_account_id
            UNION ALL
            SELECT 'lot', l.fill_id::text, l.account_id, l.book_id
              FROM trading.lots l WHERE l.account_id = p_account_id
            UNION ALL
            SELECT 'trade', t.entry_fill_id || '/' || t.exit_fill_id, t.account_id, t.book_id
              FROM trading.completed_trades t WHERE t.account_id = p_account_id) s
     WHERE NOT EXISTS (SELECT FROM trading.books k WHERE k.account_id = s.account_id AND k.book_id = s.book_id);
END
$$;
