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
    ), wrong_trade AS (  -- each stored value is checked with the others of its row, for all of them must be right
        SELECT 1
          FROM trading.completed_trades t
          LEFT JOIN (SELECT * FROM step s WHERE s.open_qty > 0) e ON e.fill_id = t.entry_fill_id
          LEFT JOIN (SELECT * FROM step s WHERE s.close_qty > 0) x ON x.fill_id = t.exit_fill_id
         CROSS JOIN LATERAL (SELECT greatest(x.closed_from - e.opened_from, 0) AS entry_a,
                                    greatest(e.opened_from - x.closed_from, 0) AS exit_a OFFSET 0) i
         CROSS JOIN LATERAL (SELECT i.entry_a + t.quantity AS entry_z, i.exit_a + t.quantity AS exit_z OFFSET 0) o
         WHERE t.account_id = b.account_id AND t.exit_fill_id BETWEEN first_id AND last_id
           AND ROW(t.*) IS DISTINCT FROM ROW(
               b.account_id, b.book_id, e.fill_id, x.fill_id, e.exec_time, x.exec_time, b.position_idx, b.bot_id, b.category,
               b.symbol, e.side,
               CASE WHEN t.quantity > 0
                    THEN least(e.opened_to, x.closed_to) - greatest(e.opened_from, x.closed_from) END,
               e.exec_price, x.exec_price,
               trading.gross_pnl(b.category, t.side, t.quantity, b.multiplier, t.entry_price, t.exit_price),
               trading.checked_share(t.entry_commission, e.lot_fee, i.entry_a, o.entry_z, e.open_qty),
               trading.checked_share(t.exit_commission, x.fee, i.exit_a, o.exit_z, x.qty),
               t.gross_pnl - CASE WHEN e.asset = b.settle_coin THEN t.entry_commission ELSE 0 END
                           - CASE WHEN x.asset = b.settle_coin THEN t.exit_commission ELSE 0 END,
               trading.checked_pnl_pct(t.pnl_pct, b.category, t.net_pnl, t.quantity, b.multiplier, t.entry_price),
               b.settle_coin, e.asset, x.asset, extract(epoch FROM x.exec_time - e.exec_time),
               trading.unknown_price_reason(e.exec_price, x.exec_price), e.close_reason, x.close_reason, e.order_id,
               x.order_id, e.client_order_id, x.client_order_id, x.source)
    ), state AS (
        SELECT d.*
          FROM (SELECT 1) one
          LEFT JOIN (SELECT * FROM step s ORDER BY s.n DESC LIMIT 1) s ON true
         CROSS JOIN LATERAL trading.verify_state(b, CASE WHEN s.n IS NULL THEN trading.zero_checkpoint()
               ELSE (s.exec_time, s.seq, s.exec_id, s.pos_before + s.signed_qty, s.cycle_id, s.open_to,
                     s.open_to - abs(s.pos_before + s.signed_qty))::trading.checkpoint END,
               coalesce(s.closed_to, 0), EXISTS (SELECT FROM wrong_trade)) d
    )
    SELECT * FROM lot UNION ALL SELECT * FROM state;
END
$$;

-- The running state in the book's row, `p` being where the book stands behind its last fill; that the stored trades cover
-- all that was closed; and what must add up, by plain sums over the stored rows. `has_wrong`: one of the trades is wrong.
CREATE OR REPLACE FUNCTION trading.verify_state(b trading.books, p trading.checkpoint, p_closed numeric, has_wrong boolean)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    e trading.books := trading.with_open_lots(trading.stand_at(b, p));
    s record;
    f record;
BEGIN
    SELECT * INTO s FROM trading.stored_sums(b);
    SELECT * INTO f FROM trading.counted_sums(b);
    IF has_wrong OR s.closed_qty <> p_closed THEN
        RETURN QUERY SELECT * FROM trading.trade_differences(b);
        ASSERT FOUND, 'the trades that the journal gives are those that are stored, which do not add up';
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
    IF b IS DISTINCT FROM e THEN
        RETURN QUERY SELECT d.* FROM trading.row_differences('book', b.book_id::text, to_jsonb(b), to_jsonb(e)) d;
    END IF;
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

-- The trades that the journal gives beside those that are stored. Slow, and called only if they differ.
CREATE OR REPLACE FUNCTION trading.trade_differences(b trading.books)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT d.*
      FROM (SELECT * FROM trading.completed_trades k
             WHERE k.account_id = b.account_id
               AND k.exit_fill_id BETWEEN b.book_id::bigint << 32 AND (b.book_id + 1)::bigint << 32) t
      FULL JOIN trading.derive_trades(b, trading.zero_checkpoint()) e
        ON e.exit_fill_id = t.exit_fill_id AND e.entry_fill_id = t.entry_fill_id
     CROSS JOIN LATERAL trading.row_differences(
           'trade', format('%s/%s', coalesce(t.entry_fill_id, e.entry_fill_id), coalesce(t.exit_fill_id, e.exit_fill_id)),
           to_jsonb(t), to_jsonb(e)) d;
END
$$;
