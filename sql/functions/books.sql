-- The book's row, locked until the transaction ends; created if this is its first fill. Locking must be a
-- statement of its own: what is read in the same statement would be as old as the start of the wait.
CREATE OR REPLACE FUNCTION trading.lock_book(p_account_id integer, p_bot_id text, p_category text, p_symbol text,
                                             p_position_idx smallint, p_queues boolean DEFAULT true)
RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    b     trading.books;
    coin  record;
    ready boolean := NOT p_queues
        OR trading.queue_for_book(p_account_id, p_bot_id, p_category, p_symbol, p_position_idx);
BEGIN
    LOOP
        SELECT * INTO b FROM trading.books k
         WHERE k.account_id = p_account_id AND k.bot_id = p_bot_id AND k.category = p_category
           AND k.symbol = p_symbol AND k.position_idx = p_position_idx
           FOR NO KEY UPDATE;
        IF FOUND THEN
            RETURN b;
        END IF;
        SELECT i.base_coin, i.quote_coin, i.settle_coin, i.multiplier INTO coin FROM trading.instruments i
         WHERE i.account_id = p_account_id AND i.category = p_category AND i.symbol = p_symbol;
        IF NOT FOUND THEN
            SELECT c.base_coin, c.quote_coin, c.settle_coin, 1::numeric AS multiplier INTO coin
              FROM trading.coins_of(p_category, p_symbol) c;
        END IF;
        PERFORM trading.lock_new_books(p_account_id, p_category, p_symbol, p_position_idx, false);
        INSERT INTO trading.books (account_id, bot_id, category, symbol, position_idx,
                                   base_coin, quote_coin, settle_coin, multiplier)
        VALUES (p_account_id, p_bot_id, p_category, p_symbol, p_position_idx,
                coin.base_coin, coin.quote_coin, coin.settle_coin, coin.multiplier)
        ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- Waits until all who queued for the book before have ended. Those who wait for a row instead all wake up with every
-- commit, and whoever is quickest takes it: often the later fill is booked first, and the earlier one, which thus comes
-- late, costs several times as much. Nobody may queue for a book whose row he holds: the first in the queue waits for it.
CREATE OR REPLACE FUNCTION trading.queue_for_book(p_account_id integer, p_bot_id text, p_category text, p_symbol text,
                                                  p_position_idx smallint) RETURNS boolean
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(p_account_id, hashtext(
        p_bot_id || E'\x1f' || p_category || E'\x1f' || p_symbol || E'\x1f' || p_position_idx)) IS NOT NULL
$$;

-- Until the transaction ends nobody else makes a new book of a line: whoever makes one waits for those who hold the line as
-- it is (`alone`), not for each other. Books that nobody sees yet cannot be locked themselves.
CREATE OR REPLACE FUNCTION trading.lock_new_books(p_account_id integer, p_category text, p_symbol text,
                                                  p_position_idx smallint, alone boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    line integer := hashtext(concat_ws(E'\x1f', 'line', p_category, p_symbol, p_position_idx));
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(p_account_id, line);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(p_account_id, line);
    END IF;
END
$$;

-- Locks all books of a line that a batch changes, before any other: in one order for everybody, so that no two bots that
-- bring each other's fills wait for each other, nor one for an adjustment, which takes the same locks in this order. New
-- ones come later: by then nobody waits for the line.
CREATE OR REPLACE FUNCTION trading.lock_line_books(p_account_id integer, p_bots text[], p_category text, p_symbol text,
                                                   p_position_idx smallint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trading.queue_for_book(p_account_id, o.bot_id, p_category, p_symbol, p_position_idx)
       FROM (SELECT DISTINCT u.bot_id FROM unnest(p_bots) AS u (bot_id) ORDER BY 1) o;
    PERFORM trading.lock_new_books(p_account_id, p_category, p_symbol, p_position_idx, false);
    PERFORM FROM trading.books k
      WHERE k.account_id = p_account_id AND k.bot_id = ANY (p_bots) AND k.category = p_category
        AND k.symbol = p_symbol AND k.position_idx = p_position_idx
      ORDER BY k.book_id FOR NO KEY UPDATE;
END
$$;

-- Takes back a book that lock_book() has just created and that nothing was booked in.
CREATE OR REPLACE FUNCTION trading.drop_empty_book(b trading.books) RETURNS void
LANGUAGE sql AS $$
    DELETE FROM trading.books k
     WHERE k.account_id = b.account_id AND k.book_id = b.book_id AND k.bot_id = b.bot_id AND k.category = b.category
       AND k.symbol = b.symbol AND k.position_idx = b.position_idx AND k.book_seq = 0 AND k.cash_seq = 0
$$;

CREATE OR REPLACE FUNCTION trading.save_book(b trading.books) RETURNS trading.books
LANGUAGE plpgsql AS $$
BEGIN
    b.updated_at := clock_timestamp();
    UPDATE trading.books k
       SET book_seq = b.book_seq, hash = b.hash, last_exec_time = b.last_exec_time, last_seq = b.last_seq,
           last_exec_id = b.last_exec_id, side = b.side, size = b.size, cycle_id = b.cycle_id, opened = b.opened,
           closed = b.closed, first_open_from = b.first_open_from, entries = b.entries,
           first_entry_time = b.first_entry_time, last_entry_time = b.last_entry_time, open_cost = b.open_cost,
           open_commission = b.open_commission, unpriced_qty = b.unpriced_qty, dust_qty = b.dust_qty,
           trades = b.trades, realized_gross = b.realized_gross, realized_net = b.realized_net,
           updated_at = b.updated_at
       -- Both keys of the table, so that whichever index is taken finds no other row.
     WHERE k.account_id = b.account_id AND k.book_id = b.book_id AND k.bot_id = b.bot_id AND k.category = b.category
       AND k.symbol = b.symbol AND k.position_idx = b.position_idx;
    RETURN b;
END
$$;

-- To whom an execution belongs: the bot that its client order id names, else the bot that wrote the order,
-- else the bot that brings it.
CREATE OR REPLACE FUNCTION trading.owner_of(p_account_id integer, p_caller text, p_named_bot text,
                                            p_category text, p_order_id text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_owner text;
BEGIN
    IF p_named_bot = p_caller THEN
        RETURN p_caller;
    END IF;
    IF p_named_bot IS NOT NULL THEN
        SELECT bot_id INTO v_owner FROM trading.bots WHERE account_id = p_account_id AND bot_id = p_named_bot;
        IF FOUND THEN
            RETURN v_owner;
        END IF;
    END IF;
    IF p_order_id IS NOT NULL THEN
        v_owner := coalesce(
            (SELECT bot_id FROM trading.orders
              WHERE account_id = p_account_id AND category = p_category AND order_id = p_order_id),
            (SELECT bot_id FROM trading.fills_of_order(p_account_id, p_category, p_order_id) LIMIT 1));
    END IF;
    RETURN coalesce(v_owner, p_caller);
END
$$;

-- To whom each of these orders belongs; NULL where that is not known, or the login may not act for the bot.
CREATE OR REPLACE FUNCTION trading.order_owners(p_account_id integer, p_bot_id text, p_categories text[], p_orders text[])
RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    RETURN ARRAY(
        SELECT CASE WHEN trading.may_act_for(p_account_id, o.bot_id) THEN o.bot_id END
          FROM (SELECT u.n, trading.owner_of(p_account_id, NULL, NULL, u.category, u.order_id) AS bot_id
                  FROM unnest(p_categories, p_orders) WITH ORDINALITY u (category, order_id, n)) o
         ORDER BY o.n);
END
$$;

-- A client tells the cache which positions it may change before it writes, each as bot, category, symbol and
-- position_idx between unit separators. Should the write turn out to change another one, it is refused, so that the
-- client announces that one too and comes again. NULL: no cache. The bot `external` is not cached.
CREATE OR REPLACE FUNCTION trading.require_announced(p_bot_id text, p_category text, p_symbol text,
                                                     p_position_idx smallint, p_announced text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p_bot_id <> 'external'
       AND p_bot_id || E'\x1f' || p_category || E'\x1f' || p_symbol || E'\x1f' || p_position_idx <> ALL (p_announced)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'FL010',
            MESSAGE = format('the write would change the position of bot %s in %s %s (%s), which was not announced',
                             p_bot_id, p_category, p_symbol, p_position_idx),
            DETAIL = json_build_object('bot_id', p_bot_id, 'category', p_category, 'symbol', p_symbol,
                                       'position_idx', p_position_idx);
    END IF;
    RETURN true;
END
$$;

-- The currency in which a fill's `fee` is counted: as charged, except that a spot fee in the base coin is
-- counted in quote at the fill's price.
CREATE OR REPLACE FUNCTION trading.fee_asset(b trading.books, commission_asset text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b.category = 'spot' AND commission_asset = b.base_coin THEN b.quote_coin
                ELSE commission_asset END
$$;

-- A fill's `fee`: the commission, a spot fee in the base coin turned into quote.
CREATE OR REPLACE FUNCTION trading.fee(b trading.books, price numeric, commission numeric, asset text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b.category = 'spot' AND asset = b.base_coin AND commission <> 0 THEN coalesce(commission * price, 0)
                ELSE commission END
$$;

-- What a fill adds to the position. A spot fee in the base coin never arrives, so the lot is shorter at the same cost.
CREATE OR REPLACE FUNCTION trading.signed_qty(b trading.books, side text, qty numeric, commission numeric, asset text)
RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN side <> 'Buy' THEN -qty
                WHEN b.category = 'spot' AND asset = b.base_coin AND commission <> 0 THEN qty - commission
                ELSE qty END
$$;

-- Fills in what follows from them: commission_asset, signed_qty and fee.
CREATE OR REPLACE FUNCTION trading.valued(b trading.books, f trading.fills) RETURNS trading.fills
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    f.commission_asset := coalesce(f.commission_asset, b.settle_coin);
    f.fee := trading.fee(b, f.exec_price, f.commission, f.commission_asset);
    f.signed_qty := trading.signed_qty(b, f.side, f.exec_qty, f.commission, f.commission_asset);
    RETURN f;
END
$$;

-- What a fill adds to the book's dust: a base-coin fee of a spot sell comes out of the wallet, not of a lot.
CREATE OR REPLACE FUNCTION trading.dust_of(b trading.books, f trading.fills) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b.category = 'spot' AND f.side = 'Sell' AND f.commission_asset = b.base_coin
                THEN -f.commission ELSE 0 END
$$;

CREATE OR REPLACE FUNCTION trading.dust_of_book(b trading.books) RETURNS numeric
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(trading.dust_of(b, f)), 0) FROM trading.fills_of_book(b.account_id, b.book_id) f
             WHERE NOT EXISTS (SELECT FROM trading.fill_voids v
                                WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id));
END
$$;
