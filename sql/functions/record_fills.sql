-- Journals a batch of executions of one book in one transaction and applies them together, by the set-based
-- route; what that cannot do (order-level fills, another bot's orders, cash) goes one by one. `p_fills` is a JSON
-- list of objects with the columns of trading.fills as keys; a bot_id says that the execution names this bot, by_order
-- that it is the named bot's only if its order is. The answer has one result for each, in the same order (null for what
-- is not booked here), and the position that the batch leaves, in other books, too.
CREATE OR REPLACE FUNCTION trading.record_fills(
    p_account_id integer, p_bot_id text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    p_fills json, p_announced text[] DEFAULT NULL) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b       trading.books;
    owner   text;
    batch   trading.fills[];
    fresh   trading.fills[];
    others  text[];
BEGIN
    IF trading.is_shared(p_bot_id, p_named_bot, p_fills) THEN
        RETURN trading.record_shared(p_account_id, p_bot_id, p_named_bot, p_category, p_symbol, p_position_idx, p_fills,
                                     p_announced, false);
    END IF;
    SELECT array_agg(i) INTO batch FROM json_populate_recordset(NULL::trading.fills, p_fills) i;
    PERFORM trading.lock_orders(p_account_id, batch);
    owner := trading.owner_of(p_account_id, p_bot_id, p_named_bot, p_category, NULL);
    PERFORM trading.require_bot(p_account_id, owner);
    PERFORM trading.require_announced(owner, p_category, p_symbol, p_position_idx, p_announced);
    -- Before the batch is parted: a part that finds another bot must not wait for it with the book of the former locked.
    others := trading.lock_others(p_account_id, owner, p_named_bot, p_category, p_symbol, p_position_idx, batch);
    IF (SELECT count(DISTINCT trading.is_cash(i.exec_type) IS TRUE) FROM unnest(batch) i) > 1 THEN
        RETURN trading.record_cash_apart(p_account_id, p_bot_id, p_named_bot, p_category, p_symbol, p_position_idx,
                                         p_fills, p_announced);
    END IF;
    b := trading.lock_book(p_account_id, owner, p_category, p_symbol, p_position_idx);
    -- Only under the lock is it known whether an order-level fill of these orders is there.
    IF others IS NOT NULL OR trading.needs_single_steps(p_account_id, p_category, batch) THEN
        RETURN trading.record_one_by_one(b, p_bot_id, p_named_bot, batch, p_announced);
    END IF;
    fresh := trading.journal_batch(b, batch);
    IF cardinality(fresh) IS DISTINCT FROM cardinality(batch) THEN
        -- A conflict is a conflict whatever the rest of the batch would do.
        PERFORM trading.repeated_fill(b, i) FROM trading.repeated_in(batch, fresh) i;
    END IF;
    IF fresh IS NULL THEN
        PERFORM trading.drop_empty_book(b);
        RETURN trading.batch_result(b, batch, fresh, NULL, NULL);
    END IF;
    RETURN trading.apply_batch(b, batch, fresh);
END
$$;

-- Locks the orders of a batch: in one order for everybody, so that no two batches wait for each other.
CREATE OR REPLACE FUNCTION trading.lock_orders(p_account_id integer, batch trading.fills[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(p_account_id, o.lock)
       FROM (SELECT DISTINCT trading.order_lock(i.order_id) AS lock FROM unnest(batch) i
              WHERE i.order_id IS NOT NULL ORDER BY 1) o;
END
$$;

-- The other bots to whom fills of a batch that name nobody belong, because they wrote the orders; NULL if there are none.
-- PL/pgSQL, because the plan of a SQL function that is not inlined is made anew at every call.
CREATE OR REPLACE FUNCTION trading.other_owners(p_account_id integer, p_owner text, p_category text,
                                                batch trading.fills[]) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT array_agg(DISTINCT o.bot_id)
          FROM (SELECT DISTINCT i.order_id FROM unnest(batch) i
                 WHERE i.bot_id IS NULL AND i.order_id IS NOT NULL) i
         CROSS JOIN LATERAL (
               (SELECT w.bot_id FROM trading.orders w
                 WHERE w.account_id = p_account_id AND w.category = p_category
                   AND w.order_id BETWEEN i.order_id AND i.order_id
                 ORDER BY w.order_id OFFSET 0)
               UNION ALL
               (SELECT f.bot_id FROM trading.fills_of_order(p_account_id, p_category, i.order_id) f)) o
         WHERE o.bot_id <> p_owner);
END
$$;

-- If fills of a batch belong to other bots, answers them, and locks the books of all: see lock_line_books().
CREATE OR REPLACE FUNCTION trading.lock_others(
    p_account_id integer, p_owner text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    batch trading.fills[]) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    others text[];
BEGIN
    IF p_named_bot IS NULL THEN
        others := trading.other_owners(p_account_id, p_owner, p_category, batch);
        IF others IS NOT NULL THEN
            PERFORM trading.lock_line_books(p_account_id, others || p_owner, p_category, p_symbol, p_position_idx);
        END IF;
    END IF;
    RETURN others;
END
$$;

-- Order-level fills, executions that may replace one, and cash.
CREATE OR REPLACE FUNCTION trading.needs_single_steps(p_account_id integer, p_category text, batch trading.fills[])
RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM unnest(batch) i
         WHERE i.exec_id IS NULL OR trading.is_order_level(i.exec_id) OR trading.is_cash(i.exec_type)
            OR EXISTS (SELECT FROM trading.fills_of_order(p_account_id, p_category, i.order_id) f
                        WHERE trading.is_order_level(f.exec_id)));
END
$$;

-- Executions that move cash and no position. SessionSettlePnL: USDC session settlement.
-- https://bybit-exchange.github.io/docs/v5/enum#exectype
CREATE OR REPLACE FUNCTION trading.is_cash(exec_type text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT exec_type IN ('Funding', 'SessionSettlePnL') $$;

-- In exchange order, whatever the order of the batch: a hedge leg must not be closed before it is opened. A fill of a
-- whole order may come before what it closes, and the executions that take its place behind it: then these are first.
CREATE OR REPLACE FUNCTION trading.record_one_by_one(b trading.books, p_bot_id text, p_named_bot text,
                                                     batch trading.fills[], p_announced text[]) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    results json[];
    answer  json;
BEGIN
    BEGIN
        results := trading.record_each(b, p_bot_id, p_named_bot, batch, p_announced, false);
    EXCEPTION WHEN SQLSTATE 'FL002' THEN
        results := trading.record_each(b, p_bot_id, p_named_bot, batch, p_announced, true);
    END;
    answer := trading.answer_of(b, array_to_json(results));
    PERFORM trading.drop_empty_book(b);
    RETURN answer;
END
$$;

CREATE OR REPLACE FUNCTION trading.record_each(b trading.books, p_bot_id text, p_named_bot text, batch trading.fills[],
                                               p_announced text[], wholes_last boolean) RETURNS json[]
LANGUAGE plpgsql AS $$
DECLARE
    i       record;
    results json[] := array_fill(NULL::json, ARRAY[cardinality(batch)]);
BEGIN
    FOR i IN SELECT * FROM unnest(batch) WITH ORDINALITY u
              ORDER BY wholes_last AND trading.is_order_level(u.exec_id) IS NOT false, u.exec_time, coalesce(u.seq, 0),
                       coalesce(u.exec_id, 'order:' || u.order_id), u.ordinality
    LOOP
        IF trading.is_cash(i.exec_type) THEN
            results[i.ordinality] := trading.record_cash(
                b.account_id, p_bot_id, coalesce(p_named_bot, i.bot_id), b.category, b.symbol, b.position_idx, i.side, i.exec_price,
                i.exec_qty, i.exec_time, i.exec_id, i.order_id, i.commission, i.commission_asset, i.seq, i.exec_type,
                i.source);
        ELSE
            results[i.ordinality] := trading.record_fill(
                b.account_id, p_bot_id, coalesce(p_named_bot, i.bot_id), b.category, b.symbol, b.position_idx, i.side, i.exec_price,
                i.exec_qty, i.exec_time, i.exec_id, i.order_id, i.client_order_id, i.commission, i.commission_asset,
                i.close_reason, i.seq, i.is_maker, i.exec_type, i.source, NULL, p_announced);
        END IF;
    END LOOP;
    RETURN results;
END
$$;

-- The answer for fills that have gone into several books of a line: the position that b, the caller's, has now, and those of
-- the `others` that results name. What a result itself says of its book may be older than what a later one did there.
CREATE OR REPLACE FUNCTION trading.answer_of(b trading.books, results json) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
    bots   text[] := ARRAY(SELECT DISTINCT r #>> '{position,bot_id}' FROM json_array_elements(results) r);
    others json;
    mine   trading.books;
BEGIN
    SELECT * INTO mine FROM trading.book_of(b.account_id, b.book_id);
    SELECT json_agg(trading.position_of(k)) INTO others
      FROM unnest(bots) n (bot_id)
     CROSS JOIN LATERAL (
           SELECT * FROM trading.books k
            WHERE k.account_id = b.account_id AND k.bot_id = n.bot_id AND k.category = b.category AND k.symbol = b.symbol
              AND k.position_idx BETWEEN b.position_idx AND b.position_idx
            ORDER BY k.position_idx LIMIT 1) k
     WHERE n.bot_id <> b.bot_id;
    RETURN json_build_object('position', trading.position_of(mine), 'others', coalesce(others, '[]'), 'results', results);
END
$$;

-- Adds those executions of a batch that the journal lacks, in exchange order. NULL if it has them all. What is delivered
-- again begins or ends with what is known; a batch that does not is taken for new as a whole, which the table's key decides,
-- and only if that is wrong is each looked for.
CREATE OR REPLACE FUNCTION trading.journal_batch(b trading.books, batch trading.fills[]) RETURNS trading.fills[]
LANGUAGE plpgsql AS $$
DECLARE
    fresh   trading.fills[];
    broken  text;
    looking boolean := EXISTS (SELECT FROM trading.execution_of(b.account_id, b.category, batch[1].exec_id))
        OR EXISTS (SELECT FROM trading.execution_of(b.account_id, b.category, batch[cardinality(batch)].exec_id));
BEGIN
    LOOP
        BEGIN
            fresh := trading.linked_fills(b, batch, looking);
            INSERT INTO trading.fills SELECT u.* FROM unnest(fresh) u;
            RETURN fresh;
        EXCEPTION
            WHEN unique_violation THEN
                GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
                IF broken <> 'fills_account_id_category_exec_id_key' THEN
                    RAISE;
                ELSIF looking THEN
                    RAISE EXCEPTION USING ERRCODE = 'serialization_failure',
                        MESSAGE = 'an execution of the batch was booked elsewhere at the same time; try again';
                END IF;
            WHEN SQLSTATE 'FL004' THEN  -- of one that is known it is another refusal
                IF looking THEN
                    RAISE;
                END IF;
        END;
        looking := true;
    END LOOP;
END
$$;

-- The fills of a batch, or those that the journal lacks if it is to be looked at, as the next links of the book's chain.
CREATE OR REPLACE FUNCTION trading.linked_fills(b trading.books, batch trading.fills[], looking boolean)
RETURNS trading.fills[]
LANGUAGE plpgsql AS $$
DECLARE
    f     trading.fills;
    fresh trading.fills[];
BEGIN
    FOR f IN SELECT * FROM trading.new_fills(b, batch, looking) LOOP
        f.hash := trading.link(b.hash, trading.canonical(f));
        b.hash := f.hash;
        fresh := fresh || f;
    END LOOP;
    PERFORM trading.require_no_cash(b.account_id, b.category, u.exec_id, u.exec_type)
       FROM unnest(fresh) u
      WHERE EXISTS (SELECT FROM trading.payment_of(b.account_id, b.category, u.exec_id));
    RETURN fresh;
END
$$;

-- They, in exchange order, as fills of the book that lack but the hash.
CREATE OR REPLACE FUNCTION trading.new_fills(b trading.books, batch trading.fills[], looking boolean)
RETURNS SETOF trading.fills
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH one AS MATERIALIZED (
        SELECT DISTINCT ON (i.exec_id) i.* FROM unnest(batch) WITH ORDINALITY i
         WHERE NOT looking OR NOT EXISTS (SELECT FROM trading.execution_of(b.account_id, b.category, i.exec_id))
         ORDER BY i.exec_id, i.ordinality
    ), numbered AS (
        SELECT o.*, b.book_seq + row_number() OVER (ORDER BY o.exec_time, coalesce(o.seq, 0), o.exec_id) AS number,
               coalesce(o.commission_asset, b.settle_coin) AS asset
          FROM one o
    ), filled AS MATERIALIZED (
        SELECT (b.account_id, b.book_id, (b.book_id::bigint << 32) + n.number, n.number, n.exec_time, coalesce(n.seq, 0),
                clock_timestamp(), b.position_idx, n.is_maker, b.bot_id, b.category, b.symbol, n.exec_id, n.order_id,
                n.client_order_id, n.side, n.exec_type, n.exec_price, n.exec_qty, n.commission, n.asset, n.close_reason,
                n.source, trading.signed_qty(b, n.side, n.exec_qty, n.commission, n.asset),
                trading.fee(b, n.exec_price, n.commission, n.asset), NULL)::trading.fills AS f, n.number
          FROM numbered n
    )
    SELECT (d.f).*
      FROM filled d
     WHERE trading.require_valid(d.f)
     ORDER BY d.number;
END
$$;

-- The fills of a batch that it did not add to the journal: known before, or there twice.
CREATE OR REPLACE FUNCTION trading.repeated_in(batch trading.fills[], fresh trading.fills[])
RETURNS SETOF trading.fills LANGUAGE sql IMMUTABLE AS $$
    SELECT i FROM unnest(batch) i
     WHERE i.exec_id NOT IN (SELECT u.exec_id FROM unnest(fresh) u)
        OR i.exec_id IN (SELECT d.exec_id FROM unnest(batch) d GROUP BY d.exec_id HAVING count(*) > 1)
$$;

-- The answer for a fill of a batch that is in the journal already.
CREATE OR REPLACE FUNCTION trading.repeated_fill(b trading.books, f trading.fills) RETURNS json
LANGUAGE plpgsql AS $$
BEGIN
    RETURN trading.known_fill(b, trading.valued(b, trading.identified(b, f)), f.exec_time IS NOT NULL,
                              f.seq IS NOT NULL, f.commission_asset IS NOT NULL);
END
$$;

-- The columns that a fill has from its book.
CREATE OR REPLACE FUNCTION trading.identified(b trading.books, f trading.fills) RETURNS trading.fills
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    f.account_id := b.account_id;
    f.book_id := b.book_id;
    f.bot_id := b.bot_id;
    f.category := b.category;
    f.symbol := b.symbol;
    f.position_idx := b.position_idx;
    f.seq := coalesce(f.seq, 0);
    RETURN f;
END
$$;
