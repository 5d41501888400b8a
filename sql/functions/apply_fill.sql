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
    until   numeric := b.closed + closing;
    done    record;
    next    trading.lots;
BEGIN
    WITH piece AS (
        SELECT l.*, greatest(l.open_from, b.closed) AS a, least(l.open_to, until) AS z
          FROM trading.lots l
         WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id
           AND l.open_from >= b.first_open_from AND l.open_from < until
    ), costed AS (
        SELECT p.*, p.z - p.a AS qty,
               trading.share(p.commission, p.a - p.open_from, p.z - p.open_from, p.open_to - p.open_from) AS entry_fee,
               trading.share(f.fee, p.a - b.closed, p.z - b.closed, abs(f.signed_qty)) AS exit_fee,
               trading.gross_pnl(b.category, p.side, p.z - p.a, b.multiplier, p.entry_price, f.exec_price) AS gross
          FROM piece p
    ), netted AS (
        SELECT c.*, c.gross - CASE WHEN c.commission_asset = b.settle_coin THEN c.entry_fee ELSE 0 END
                            - CASE WHEN asset = b.settle_coin THEN c.exit_fee ELSE 0 END AS net
          FROM costed c
    ), written AS (
        INSERT INTO trading.completed_trades
        SELECT b.account_id, b.book_id, n.fill_id, f.fill_id, n.entry_time, f.exec_time, b.position_idx, b.bot_id,
               b.category, b.symbol, n.side, n.qty, n.entry_price, f.exec_price, n.gross, n.entry_fee, n.exit_fee,
               n.net, trading.pnl_pct(b.category, n.net, n.qty, b.multiplier, n.entry_price), b.settle_coin,
               n.commission_asset, asset, extract(epoch FROM f.exec_time - n.entry_time),
               trading.unknown_price_reason(n.entry_price, f.exec_price), e.close_reason, f.close_reason, e.order_id,
               f.order_id, e.client_order_id, f.client_order_id, f.source
          FROM netted n JOIN trading.fills e ON e.account_id = n.account_id AND e.fill_id = n.fill_id
    )
    SELECT count(*) AS trades, count(*) FILTER (WHERE z = open_to) AS lots, sum(gross) AS gross, sum(net) AS net,
           sum(entry_fee) FILTER (WHERE commission_asset = b.settle_coin) AS entry_fee,
           sum(trading.entry_value(b.category, z - open_from, entry_price)
               - trading.entry_value(b.category, a - open_from, entry_price)) AS cost,
           sum(qty) FILTER (WHERE entry_price IS NULL) AS unpriced,
           max(open_from) AS last_from, max(open_to) AS last_to
      INTO done FROM netted;
    b.closed := until;
    b.size := b.size - closing;
    b.trades := b.trades + done.trades;
    b.entries := b.entries - done.lots;
    b.realized_gross := b.realized_gross + coalesce(done.gross, 0);
    b.realized_net := b.realized_net + coalesce(done.net, 0);
    b.open_commission := b.open_commission - coalesce(done.entry_fee, 0);
    b.open_cost := b.open_cost - coalesce(done.cost, 0);
    b.unpriced_qty := b.unpriced_qty - coalesce(done.unpriced, 0);
    IF b.size = 0 THEN
        b.side := 'None';
        b.first_open_from := b.opened;
        b.first_entry_time := NULL;
        b.last_entry_time := NULL;
    ELSIF done.last_to > until THEN
        b.first_open_from := done.last_from;
    ELSE
        b.first_open_from := done.last_to;
    END IF;
    IF b.size > 0 AND done.lots > 0 THEN
        SELECT * INTO next FROM trading.lots l
         WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id AND l.open_from = b.first_open_from;
        b.first_entry_time := next.entry_time;
    END IF;
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
