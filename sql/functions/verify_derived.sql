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

-- The running state in the book's row, `p` being where the book stands behind its last fill; that the stored trades cover
-- all that was closed; and what must add up, by plain sums over the stored rows.
CREATE OR REPLACE FUNCTION trading.verify_state(b trading.books, p trading.checkpoint, p_closed numeric)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    e trading.books := trading.with_open_lots(trading.stand_at(b, p));
    s record;
    f record;
BEGIN
    SELECT * INTO s FROM trading.stored_sums(b);
    SELECT * INTO f FROM trading.counted_sums(b);
    IF s.closed_qty <> p_closed THEN
        RETURN QUERY SELECT * FROM trading.missing_trades(b);
    END IF;
    e.trades := s.trades;
    e.realized_gross := s.gross;
    e.realized_net := s.net;
    e.dust_qty := CASE b.category WHEN 'spot' THEN trading.dust_of_book(b) ELSE 0 END;
    SELECT coalesce(i.base_coin, c.base_coin), coalesce(i.quote_coin, c.quote_coin),
           coalesce(i.settle_coin, c.settle_coin), coalesce(i.multiplier, 1)
      INTO e.base_coin, e.quote_coin, e.settle_coin, e.multiplier
      FROM trading.coins_of(b.category, b.symbol) c
      LEFT JOIN trading.instruments i
        ON i.account_id = b.account_id AND i.category = b.category AND i.symbol = b.symbol;
    RETURN QUERY SELECT d.* FROM trading.row_differences('book', b.book_id::text, to_jsonb(b), to_jsonb(e)) d;
    RETURN QUERY
    SELECT 'invariant', b.book_id::text, i.field, i.stored::text, i.derived::text
      FROM (VALUES ('signed quantity of lots = of fills', s.open_qty, f.qty),
                   ('commission on trades and open lots = on fills', s.fee, f.fee),
                   ('lots whose original - closed <> remaining', s.wrong_lots, 0)) AS i (field, stored, derived)
     WHERE i.stored <> i.derived;
END
$$;

-- Sums over a book's stored lots and trades. wrong_lots: those whose trades and rest do not make up the lot.
CREATE OR REPLACE FUNCTION trading.stored_sums(b trading.books, OUT trades numeric, OUT gross numeric, OUT net numeric,
                                               OUT closed_qty numeric, OUT open_qty numeric, OUT fee numeric,
                                               OUT wrong_lots numeric)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    first_id CONSTANT bigint := b.book_id::bigint << 32;
    last_id  CONSTANT bigint := (b.book_id + 1)::bigint << 32;
BEGIN
    WITH entry AS (
        SELECT l.fill_id, l.side, l.commission, l.open_to - l.open_from AS original_qty,
               trading.remaining_qty(b, l) AS remaining_qty
          FROM trading.lots l WHERE l.account_id = b.account_id AND l.fill_id BETWEEN first_id AND last_id
        OFFSET 0
    ), closed AS (
        SELECT t.entry_fill_id, count(*) AS trades, sum(t.gross_pnl) AS gross, sum(t.net_pnl) AS net,
               sum(t.quantity) AS qty, sum(t.entry_commission + t.exit_commission) AS fee
          FROM trading.completed_trades t
         WHERE t.account_id = b.account_id AND t.exit_fill_id BETWEEN first_id AND last_id
         GROUP BY t.entry_fill_id
    )
    SELECT coalesce(sum(c.trades), 0), coalesce(sum(c.gross), 0), coalesce(sum(c.net), 0), coalesce(sum(c.qty), 0),
           coalesce(sum(CASE e.side WHEN 'Buy' THEN e.remaining_qty ELSE -e.remaining_qty END), 0),
           coalesce(sum(c.fee), 0)
           + coalesce(sum(trading.share(e.commission, e.original_qty - e.remaining_qty, e.original_qty,
                                        e.original_qty)), 0),
           count(*) FILTER (WHERE e.fill_id IS NULL OR e.original_qty - coalesce(c.qty, 0) <> e.remaining_qty
                               OR e.remaining_qty < 0)
      INTO trades, gross, net, closed_qty, open_qty, fee, wrong_lots
      FROM entry e FULL JOIN closed c ON c.entry_fill_id = e.fill_id;
END
$$;

-- Sums over the fills of a book that count.
CREATE OR REPLACE FUNCTION trading.counted_sums(b trading.books, OUT qty numeric, OUT fee numeric)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT coalesce(sum(f.signed_qty), 0), coalesce(sum(f.fee), 0) INTO qty, fee
      FROM trading.fills_of_book(b.account_id, b.book_id) f
     WHERE NOT EXISTS (SELECT FROM trading.fill_voids v
                        WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id
                          AND v.fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32);
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
