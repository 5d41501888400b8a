-- Recomputes a book from its journal and compares. One row for each difference; none means proven.
CREATE OR REPLACE FUNCTION trading.verify_book(p_account_id integer, p_book_id integer)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET enable_nestloop = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
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
    RETURN QUERY SELECT * FROM trading.verify_derived(b);
    RETURN QUERY SELECT * FROM trading.verify_invariants(b);
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
          FROM trading.fills f
         WHERE f.account_id = b.account_id AND f.fill_id > first_id AND f.fill_id < first_id + (1::bigint << 32)
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

-- Every lot and trade from what each fill does to the book, by running sums, and where the book stands behind them. A
-- trade is where a lot and a close overlap on the axis of quantity: each stored one is compared with its overlap, and
-- as no unit is in two of them, none is missing if they add up to all that was closed.
--
-- OFFSET 0: what a step computes is computed once, however often the next one uses it.
CREATE OR REPLACE FUNCTION trading.verify_derived(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    first_id CONSTANT bigint := b.book_id::bigint << 32;
    last_id  CONSTANT bigint := (b.book_id + 1)::bigint << 32;
BEGIN
    RETURN QUERY
    WITH step AS MATERIALIZED (
        SELECT s.*, abs(s.signed_qty) AS qty, trading.fee_asset(b, s.commission_asset) AS asset,
               s.opened_to - s.open_qty AS opened_from, s.closed_to - s.close_qty AS closed_from,
               s.fee - trading.share(s.fee, 0, s.close_qty, abs(s.signed_qty)) AS lot_fee
          FROM trading.derive_steps(b.account_id, b.book_id, trading.zero_checkpoint(), NULL) s
    ), lot AS (
        SELECT d.*
          FROM (SELECT * FROM trading.lots k
                 WHERE k.account_id = b.account_id AND k.fill_id BETWEEN first_id AND last_id) l
          FULL JOIN (SELECT b.account_id AS account_id, b.book_id AS book_id, s.fill_id, s.cycle_id,
                            s.exec_time AS entry_time, s.side, s.exec_price AS entry_price,
                            s.open_to - s.open_qty AS open_from, s.open_to, s.lot_fee AS commission,
                            s.asset AS commission_asset
                       FROM step s WHERE s.open_qty > 0) e ON e.fill_id = l.fill_id
         CROSS JOIN LATERAL trading.row_differences('lot', coalesce(l.fill_id, e.fill_id)::text,
               CASE WHEN l.fill_id IS NOT NULL THEN to_jsonb(l) END,
               CASE WHEN e.fill_id IS NOT NULL THEN to_jsonb(e) END) d
         WHERE ROW(l.*) IS DISTINCT FROM ROW(e.*)
    ), trade AS (
        SELECT d.*
          FROM trading.completed_trades t
          LEFT JOIN (SELECT * FROM step s WHERE s.open_qty > 0) e ON e.fill_id = t.entry_fill_id
          LEFT JOIN (SELECT * FROM step s WHERE s.close_qty > 0) x ON x.fill_id = t.exit_fill_id
         CROSS JOIN LATERAL (SELECT greatest(e.opened_from, x.closed_from) AS a, least(e.opened_to, x.closed_to) AS z
                             OFFSET 0) i
         CROSS JOIN LATERAL (
               SELECT CASE WHEN e.n <= x.n AND i.a < i.z THEN i.z - i.a END AS qty,
                      trading.checked_share(t.entry_commission, e.lot_fee, i.a - e.opened_from, i.z - e.opened_from,
                                            e.open_qty) AS entry_fee,
                      trading.checked_share(t.exit_commission, x.fee, i.a - x.closed_from, i.z - x.closed_from,
                                            x.qty) AS exit_fee OFFSET 0) o
         CROSS JOIN LATERAL (
               SELECT trading.gross_pnl(b.category, e.side, o.qty, b.multiplier, e.exec_price, x.exec_price) AS gross
               OFFSET 0) g
         CROSS JOIN LATERAL (
               SELECT g.gross - CASE WHEN e.asset = b.settle_coin THEN o.entry_fee ELSE 0 END
                              - CASE WHEN x.asset = b.settle_coin THEN o.exit_fee ELSE 0 END AS net OFFSET 0) m
         CROSS JOIN LATERAL (
               SELECT b.account_id AS account_id, b.book_id AS book_id, e.fill_id AS entry_fill_id,
                      x.fill_id AS exit_fill_id, e.exec_time AS entry_time, x.exec_time AS exit_time,
                      b.position_idx AS position_idx, b.bot_id AS bot_id, b.category AS category, b.symbol AS symbol,
                      e.side AS side, o.qty AS quantity, e.exec_price AS entry_price, x.exec_price AS exit_price,
                      g.gross AS gross_pnl, o.entry_fee AS entry_commission, o.exit_fee AS exit_commission,
                      m.net AS net_pnl,
                      trading.checked_pnl_pct(t.pnl_pct, b.category, m.net, o.qty, b.multiplier,
                                              e.exec_price) AS pnl_pct,
                      b.settle_coin AS settle_coin, e.asset AS entry_commission_asset,
                      x.asset AS exit_commission_asset, extract(epoch FROM x.exec_time - e.exec_time) AS holding_seconds,
                      trading.unknown_price_reason(e.exec_price, x.exec_price) AS pnl_reason,
                      e.close_reason AS entry_reason, x.close_reason AS exit_reason, e.order_id AS entry_order_id,
                      x.order_id AS exit_order_id, e.client_order_id AS entry_client_order_id,
                      x.client_order_id AS exit_client_order_id, x.source AS source) r
         CROSS JOIN LATERAL trading.row_differences('trade', format('%s/%s', t.entry_fill_id, t.exit_fill_id),
               to_jsonb(t), CASE WHEN o.qty IS NOT NULL THEN to_jsonb(r) END) d
         WHERE t.account_id = b.account_id AND t.exit_fill_id BETWEEN first_id AND last_id
           AND (o.qty IS NULL OR ROW(t.*) IS DISTINCT FROM ROW(r.*))
    ), state AS (
        SELECT d.*
          FROM (SELECT 1) one
          LEFT JOIN (SELECT * FROM step s ORDER BY s.n DESC LIMIT 1) s ON true
         CROSS JOIN LATERAL trading.verify_state(b, CASE WHEN s.n IS NULL THEN trading.zero_checkpoint()
               ELSE (s.exec_time, s.seq, s.exec_id, s.pos_before + s.signed_qty, s.cycle_id, s.open_to,
                     s.open_to - abs(s.pos_before + s.signed_qty))::trading.checkpoint END,
               coalesce(s.closed_to, 0)) d
    )
    SELECT * FROM lot UNION ALL SELECT * FROM trade UNION ALL SELECT * FROM state;
END
$$;

-- The running state in the book's row, `p` being where the book stands behind its last fill, and that the stored trades
-- cover all that was closed.
CREATE OR REPLACE FUNCTION trading.verify_state(b trading.books, p trading.checkpoint, p_closed numeric)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    e   trading.books := trading.with_open_lots(trading.stand_at(b, p));
    qty numeric;
BEGIN
    SELECT count(*), coalesce(sum(t.gross_pnl), 0), coalesce(sum(t.net_pnl), 0), coalesce(sum(t.quantity), 0)
      INTO e.trades, e.realized_gross, e.realized_net, qty
      FROM trading.completed_trades t
     WHERE t.account_id = b.account_id
       AND t.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32;
    IF qty <> p_closed THEN
        RETURN QUERY SELECT * FROM trading.missing_trades(b);
    END IF;
    SELECT coalesce(i.base_coin, c.base_coin), coalesce(i.quote_coin, c.quote_coin),
           coalesce(i.settle_coin, c.settle_coin), coalesce(i.multiplier, 1)
      INTO e.base_coin, e.quote_coin, e.settle_coin, e.multiplier
      FROM trading.coins_of(b.category, b.symbol) c
      LEFT JOIN trading.instruments i
        ON i.account_id = b.account_id AND i.category = b.category AND i.symbol = b.symbol;
    e.dust_qty := CASE b.category WHEN 'spot' THEN trading.dust_of_book(b) ELSE 0 END;
    RETURN QUERY SELECT d.* FROM trading.row_differences('book', b.book_id::text, to_jsonb(b), to_jsonb(e)) d;
END
$$;

-- Trades that the journal gives and nobody stored. Slow, and called only if there must be some, or too much is closed.
CREATE OR REPLACE FUNCTION trading.missing_trades(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT d.*
      FROM trading.derive_trades(b, trading.zero_checkpoint()) e
      LEFT JOIN (SELECT k.entry_fill_id, k.exit_fill_id FROM trading.completed_trades k
                  WHERE k.account_id = b.account_id
                    AND k.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32) t
        ON t.exit_fill_id = e.exit_fill_id AND t.entry_fill_id = e.entry_fill_id
     CROSS JOIN LATERAL trading.row_differences('trade', format('%s/%s', e.entry_fill_id, e.exit_fill_id), NULL,
                                                to_jsonb(e)) d
     WHERE t.exit_fill_id IS NULL;
END
$$;

-- What must add up, by plain sums over the stored rows.
CREATE OR REPLACE FUNCTION trading.verify_invariants(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    first_id CONSTANT bigint := b.book_id::bigint << 32;
    last_id  CONSTANT bigint := (b.book_id + 1)::bigint << 32;
BEGIN
    RETURN QUERY
    WITH counted AS (
        SELECT coalesce(sum(f.signed_qty), 0) AS qty, coalesce(sum(f.fee), 0) AS fee FROM trading.fills f
         WHERE f.account_id = b.account_id AND f.fill_id BETWEEN first_id AND last_id
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = b.account_id AND v.book_id = b.book_id AND v.fill_id = f.fill_id)
    ), entry AS (
        SELECT l.fill_id, l.side, l.commission, l.open_to - l.open_from AS original_qty,
               trading.remaining_qty(b, l) AS remaining_qty
          FROM trading.lots l WHERE l.account_id = b.account_id AND l.fill_id BETWEEN first_id AND last_id
        OFFSET 0
    ), closed AS (
        SELECT t.entry_fill_id, sum(t.quantity) AS qty, sum(t.entry_commission + t.exit_commission) AS fee
          FROM trading.completed_trades t
         WHERE t.account_id = b.account_id AND t.exit_fill_id BETWEEN first_id AND last_id
         GROUP BY t.entry_fill_id
    ), summed AS (
        SELECT coalesce(sum(CASE e.side WHEN 'Buy' THEN e.remaining_qty ELSE -e.remaining_qty END), 0) AS qty,
               coalesce(sum(c.fee), 0)
               + coalesce(sum(trading.share(e.commission, e.original_qty - e.remaining_qty, e.original_qty,
                                            e.original_qty)), 0) AS fee,
               count(*) FILTER (WHERE e.fill_id IS NULL OR e.original_qty - coalesce(c.qty, 0) <> e.remaining_qty
                                   OR e.remaining_qty < 0) AS wrong
          FROM entry e FULL JOIN closed c ON c.entry_fill_id = e.fill_id
    )
    SELECT 'invariant', b.book_id::text, i.field, i.stored::text, i.derived::text
      FROM counted c, summed s, LATERAL (VALUES
           ('signed quantity of lots = of fills', s.qty, c.qty),
           ('commission on trades and open lots = on fills', s.fee, c.fee),
           ('lots whose original - closed <> remaining', s.wrong, 0)) AS i (field, stored, derived)
     WHERE i.stored <> i.derived;
END
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
