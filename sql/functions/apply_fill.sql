-- Applies a journaled fill that comes last in exchange order: closes the oldest lots it is against and opens
-- a lot with the rest. Touches only the lots it consumes. The caller saves the book.
CREATE OR REPLACE FUNCTION trading.apply_fill(b trading.books, f trading.fills) RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    qty       numeric := abs(f.signed_qty);
    closing   numeric := 0;
    lot_fee   numeric := f.fee;
    asset     text := trading.fee_asset(b, f.commission_asset);
BEGIN
    IF b.side <> f.side AND b.side <> 'None' THEN
        closing := least(qty, b.size);
    END IF;
    IF b.position_idx <> 0 THEN
        PERFORM trading.require_hedge_rule(b, f.side, qty, closing);
    END IF;
    IF closing > 0 THEN
        b := trading.close_lots(b, f, closing, asset);
        lot_fee := f.fee - trading.share(f.fee, 0, closing, qty);
        qty := qty - closing;
    END IF;
    IF qty > 0 THEN
        b := trading.open_lot(b, f, qty, lot_fee, asset);
    END IF;
    b.last_exec_time := f.exec_time;
    b.last_seq := f.seq;
    b.last_exec_id := f.exec_id;
    RETURN b;
END
$$;

CREATE OR REPLACE FUNCTION trading.open_lot(b trading.books, f trading.fills, qty numeric, lot_fee numeric,
                                            asset text) RETURNS trading.books
LANGUAGE plpgsql AS $$
BEGIN
    IF b.size = 0 THEN
        b.cycle_id := f.fill_id;
        b.opened := 0;
        b.closed := 0;
        b.first_open_from := 0;
        b.first_entry_time := f.exec_time;
        b.side := f.side;
    END IF;
    INSERT INTO trading.lots
    VALUES (b.account_id, b.book_id, f.fill_id, b.cycle_id, f.exec_time, f.side, f.exec_price,
            b.opened, b.opened + qty, lot_fee, asset);
    b.opened := b.opened + qty;
    b.size := b.size + qty;
    b.entries := b.entries + 1;
    b.last_entry_time := f.exec_time;
    b.open_cost := b.open_cost + coalesce(trading.entry_value(b.category, qty, f.exec_price), 0);
    b.unpriced_qty := b.unpriced_qty + CASE WHEN f.exec_price IS NULL THEN qty ELSE 0 END;
    b.open_commission := b.open_commission + CASE WHEN asset = b.settle_coin THEN lot_fee ELSE 0 END;
    RETURN b;
END
$$;

-- Closes the quantity (b.closed, b.closed + closing] of the cycle's axis. The range of open_from is bounded
-- on both sides, so that neither closed lots nor lots behind are read.
CREATE OR REPLACE FUNCTION trading.close_lots(b trading.books, f trading.fills, closing numeric, asset text)
RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    start numeric := b.closed;
    until numeric := b.closed + closing;
    whole numeric := abs(f.signed_qty);
    lot   record;
    z     numeric;
    t     trading.completed_trades;
BEGIN
    t.account_id := b.account_id;
    t.book_id := b.book_id;
    t.exit_fill_id := f.fill_id;
    t.exit_time := f.exec_time;
    t.position_idx := b.position_idx;
    t.bot_id := b.bot_id;
    t.category := b.category;
    t.symbol := b.symbol;
    t.side := b.side;
    t.exit_price := f.exec_price;
    t.settle_coin := b.settle_coin;
    t.exit_commission_asset := asset;
    t.exit_reason := f.close_reason;
    t.exit_order_id := f.order_id;
    t.exit_client_order_id := f.client_order_id;
    t.source := f.source;
    FOR lot IN
        SELECT l.*, e.close_reason, e.order_id, e.client_order_id
          FROM trading.lots l CROSS JOIN LATERAL trading.fill_of(b.account_id, l.fill_id) e
         WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id
           AND l.open_from >= b.first_open_from AND l.open_from < until
         ORDER BY l.open_from
    LOOP
        z := least(lot.open_to, until);
        t.entry_fill_id := lot.fill_id;
        t.entry_time := lot.entry_time;
        t.entry_price := lot.entry_price;
        t.entry_commission_asset := lot.commission_asset;
        t.entry_reason := lot.close_reason;
        t.entry_order_id := lot.order_id;
        t.entry_client_order_id := lot.client_order_id;
        t.holding_seconds := extract(epoch FROM f.exec_time - lot.entry_time);
        t.quantity := z - b.closed;
        t.entry_commission := trading.share(lot.commission, b.closed - lot.open_from, z - lot.open_from,
                                            lot.open_to - lot.open_from);
        t.exit_commission := trading.share(f.fee, b.closed - start, z - start, whole);
        t.gross_pnl := trading.gross_pnl(b.category, b.side, t.quantity, b.multiplier, lot.entry_price, f.exec_price);
        t.net_pnl := t.gross_pnl - CASE WHEN lot.commission_asset = b.settle_coin THEN t.entry_commission ELSE 0 END
                                 - CASE WHEN asset = b.settle_coin THEN t.exit_commission ELSE 0 END;
        t.pnl_pct := trading.pnl_pct(b.category, t.net_pnl, t.quantity, b.multiplier, lot.entry_price);
        t.pnl_reason := trading.unknown_price_reason(lot.entry_price, f.exec_price);
        INSERT INTO trading.completed_trades VALUES (t.*);
        b.first_entry_time := lot.entry_time;
        b := trading.less_closed(b, t, lot.open_from, lot.open_to, z);
    END LOOP;
    IF b.size = 0 THEN
        b.side := 'None';
        b.first_entry_time := NULL;
        b.last_entry_time := NULL;
    ELSIF b.first_open_from = until THEN
        b.first_entry_time := trading.entry_time_at(b, until);
    END IF;
    RETURN b;
END
$$;

-- The book after one trade, which closed its oldest lot, (open_from, open_to] of the axis, as far as z.
CREATE OR REPLACE FUNCTION trading.less_closed(b trading.books, t trading.completed_trades, open_from numeric,
                                               open_to numeric, z numeric) RETURNS trading.books
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    b.trades := b.trades + 1;
    b.realized_gross := b.realized_gross + coalesce(t.gross_pnl, 0);
    b.realized_net := b.realized_net + coalesce(t.net_pnl, 0);
    IF t.entry_commission_asset = b.settle_coin THEN
        b.open_commission := b.open_commission - t.entry_commission;
    END IF;
    IF t.entry_price IS NULL THEN
        b.unpriced_qty := b.unpriced_qty - t.quantity;
    ELSE
        b.open_cost := b.open_cost - trading.entry_value(b.category, z - open_from, t.entry_price)
                                   + trading.entry_value(b.category, b.closed - open_from, t.entry_price);
    END IF;
    IF z = open_to THEN
        b.entries := b.entries - 1;
        b.first_open_from := z;
    ELSE
        b.first_open_from := open_from;
    END IF;
    b.closed := z;
    b.size := b.size - t.quantity;
    RETURN b;
END
$$;

CREATE OR REPLACE FUNCTION trading.unknown_price_reason(entry numeric, exit numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN entry IS NULL AND exit IS NULL THEN 'entry and exit price unknown'
                WHEN entry IS NULL THEN 'entry price unknown'
                WHEN exit IS NULL THEN 'exit price unknown' END
$$;

-- Hedge books never flip: leg 1 opens on Buy and closes on Sell, leg 2 the reverse.
CREATE OR REPLACE FUNCTION trading.require_hedge_rule(b trading.books, p_side text, qty numeric, closing numeric)
RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p_side <> (CASE b.position_idx WHEN 1 THEN 'Buy' ELSE 'Sell' END) AND qty > closing THEN
        PERFORM trading.raise_insufficient(b, qty, closing,
            format('a hedge book never flips: position_idx %s is closed by %s', b.position_idx, p_side));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION trading.raise_insufficient(b trading.books, need numeric, have numeric, rule text)
RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'FL002',
        MESSAGE = format('cannot close %s %s: %s open', trim_scale(need), b.symbol, trim_scale(have)),
        DETAIL = json_build_object('need', need::text, 'have', have::text, 'symbol', b.symbol, 'bot_id', b.bot_id,
                                   'position_idx', b.position_idx, 'rule', rule);
END
$$;
