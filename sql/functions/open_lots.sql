-- What a book says of its open lots: how many, what they cost, what was paid for them.

-- Sums over those lots of a cycle that begin in [p_from, p_before) of its axis, p_closed of which is closed.
CREATE OR REPLACE FUNCTION trading.open_sums(b trading.books, p_from numeric, p_before numeric, p_closed numeric)
RETURNS trading.open_sum
LANGUAGE plpgsql STABLE AS $$
DECLARE
    s trading.open_sum;
BEGIN
    SELECT count(*),
           coalesce(sum(trading.entry_value(b.category, l.open_to - l.open_from, l.entry_price)
                        - trading.entry_value(b.category, greatest(p_closed - l.open_from, 0), l.entry_price)), 0),
           coalesce(sum(l.commission - trading.share(l.commission, 0, greatest(p_closed - l.open_from, 0),
                                                     l.open_to - l.open_from))
                    FILTER (WHERE l.commission_asset = b.settle_coin), 0),
           coalesce(sum(l.open_to - greatest(p_closed, l.open_from)) FILTER (WHERE l.entry_price IS NULL), 0)
      INTO s.entries, s.cost, s.commission, s.unpriced
      FROM trading.lots l
     WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id
       AND l.open_from >= p_from AND l.open_from < p_before AND l.open_to > p_closed;
    RETURN s;
END
$$;

-- Where the lot begins in which p_closed lies: nothing before it is open.
CREATE OR REPLACE FUNCTION trading.lot_start(b trading.books, p_closed numeric) RETURNS numeric
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT max(l.open_from) FROM trading.lots l
             WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id AND l.open_from <= p_closed);
END
$$;

-- When the lot was opened that begins there.
CREATE OR REPLACE FUNCTION trading.entry_time_at(b trading.books, p_open_from numeric) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT l.entry_time FROM trading.lots l
             WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id
               AND l.open_from BETWEEN p_open_from AND p_open_from
             ORDER BY l.open_from LIMIT 1);
END
$$;

-- The ends of what is open, on (b.closed, b.opened] of the cycle's axis.
CREATE OR REPLACE FUNCTION trading.with_open_ends(b trading.books) RETURNS trading.books
LANGUAGE plpgsql STABLE AS $$
BEGIN
    b.first_open_from := b.opened;
    b.first_entry_time := NULL;
    b.last_entry_time := NULL;
    IF b.size > 0 THEN
        b.first_open_from := trading.lot_start(b, b.closed);
        b.first_entry_time := trading.entry_time_at(b, b.first_open_from);
        SELECT l.entry_time INTO b.last_entry_time FROM trading.lots l
         WHERE l.account_id = b.account_id AND l.cycle_id = b.cycle_id AND l.open_from < b.opened
         ORDER BY l.open_from DESC LIMIT 1;
    END IF;
    RETURN b;
END
$$;

-- All of it, summed up from every open lot.
CREATE OR REPLACE FUNCTION trading.with_open_lots(b trading.books) RETURNS trading.books
LANGUAGE plpgsql STABLE AS $$
DECLARE
    s trading.open_sum;
BEGIN
    b := trading.with_open_ends(b);
    s := trading.open_sums(b, b.first_open_from, b.opened, b.closed);
    b.entries := s.entries;
    b.open_cost := s.cost;
    b.open_commission := s.commission;
    b.unpriced_qty := s.unpriced;
    RETURN b;
END
$$;

-- The same from what it was, `former`, by those lots alone that have changed since the checkpoint p: so that the
-- cost does not grow with the lots that stay open. `tail`: what of `former` lay behind p.opened.
CREATE OR REPLACE FUNCTION trading.with_moved_lots(b trading.books, former trading.books, p trading.checkpoint,
                                                   tail trading.open_sum) RETURNS trading.books
LANGUAGE plpgsql STABLE AS $$
DECLARE
    start  numeric;
    until  numeric := least(greatest(former.closed, b.closed), p.opened);
    before trading.open_sum;
    now    trading.open_sum;
    behind trading.open_sum;
BEGIN
    IF b.cycle_id <> p.cycle_id OR former.cycle_id <> p.cycle_id THEN
        RETURN trading.with_open_lots(b);
    END IF;
    start := trading.lot_start(b, p.closed);
    before := trading.open_sums(b, start, until, former.closed);
    now := trading.open_sums(b, start, until, b.closed);
    behind := trading.open_sums(b, p.opened, 'Infinity', b.closed);
    b.entries := former.entries - before.entries + now.entries - tail.entries + behind.entries;
    b.open_cost := former.open_cost - before.cost + now.cost - tail.cost + behind.cost;
    b.open_commission := former.open_commission - before.commission + now.commission
                       - tail.commission + behind.commission;
    b.unpriced_qty := former.unpriced_qty - before.unpriced + now.unpriced - tail.unpriced + behind.unpriced;
    RETURN trading.with_open_ends(b);
END
$$;
