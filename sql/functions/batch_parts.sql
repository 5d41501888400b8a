-- Batches that are booked in parts.

-- A batch that has both: what moves a position as a batch of its own, so that it may go by the set-based route, and cash
-- behind it.
CREATE OR REPLACE FUNCTION trading.record_cash_apart(
    p_account_id integer, p_bot_id text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    p_fills json, p_announced text[]) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    part     json;
    answer   json;
    cash     boolean;
    others   json[] := '{}';
    results  json[] := array_fill(NULL::json, ARRAY[json_array_length(p_fills)]);
    places   bigint[];
BEGIN
    FOREACH cash IN ARRAY ARRAY[false, true] LOOP
        SELECT json_agg(i.fill ORDER BY i.place), array_agg(i.place ORDER BY i.place) INTO part, places
          FROM json_array_elements(p_fills) WITH ORDINALITY i (fill, place)
         WHERE (trading.is_cash(i.fill ->> 'exec_type') IS TRUE) = cash;
        answer := trading.record_fills(p_account_id, p_bot_id, p_named_bot, p_category, p_symbol, p_position_idx, part,
                                       p_announced);
        FOR n IN 1 .. cardinality(places) LOOP
            results[places[n]] := answer -> 'results' -> n - 1;
        END LOOP;
        others := others || ARRAY(SELECT json_array_elements(answer -> 'others'));
    END LOOP;
    RETURN json_build_object('position', answer -> 'position', 'others', array_to_json(others),
                             'results', array_to_json(results));
END
$$;

-- Whether a batch for a bot that it names has fills that are the bot's only if their order is.
CREATE OR REPLACE FUNCTION trading.is_shared(p_bot_id text, p_named_bot text, p_fills json) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN p_named_bot <> p_bot_id
                THEN EXISTS (SELECT FROM json_array_elements(p_fills) i WHERE i ->> 'by_order' IS NOT NULL)
                ELSE false END;
END
$$;

-- Such a batch, without what is not the bot's: that has no result here, and comes again in a batch that names nobody. So
-- all fills of a leg are in one transaction, and which of them say whose they are makes no difference.
CREATE OR REPLACE FUNCTION trading.record_shared(
    p_account_id integer, p_bot_id text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    p_fills json, p_announced text[], superseding boolean) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    part    json;
    places  bigint[];
    answer  json;
    results json[] := array_fill(NULL::json, ARRAY[json_array_length(p_fills)]);
BEGIN
    PERFORM trading.lock_orders(p_account_id, array_agg(i)) FROM json_populate_recordset(NULL::trading.fills, p_fills) i;
    SELECT json_agg(i.fill ORDER BY i.place), array_agg(i.place ORDER BY i.place) INTO part, places
      FROM trading.fills_of_named(p_account_id, p_named_bot, p_category, p_fills) i;
    IF superseding THEN
        answer := trading.record_superseding(p_account_id, p_bot_id, p_named_bot, p_category, p_symbol, p_position_idx,
                                             part, p_announced);
    ELSE
        answer := trading.record_fills(p_account_id, p_bot_id, p_named_bot, p_category, p_symbol, p_position_idx, part,
                                       p_announced);
    END IF;
    FOR n IN 1 .. cardinality(places) LOOP
        results[places[n]] := answer -> 'results' -> n - 1;
    END LOOP;
    RETURN json_build_object('position', answer -> 'position', 'others', coalesce(answer -> 'others', '[]'),
                             'results', array_to_json(results));
END
$$;

-- The fills that name the bot, and those of its orders: an order that nobody is known to have written is whose some
-- execution in the batch says.
CREATE OR REPLACE FUNCTION trading.fills_of_named(p_account_id integer, p_named_bot text, p_category text, p_fills json)
RETURNS TABLE (fill json, place bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT i.fill, i.place, i.fill ->> 'order_id' AS order_id, i.fill ->> 'by_order' IS NULL AS is_named
          FROM json_array_elements(p_fills) WITH ORDINALITY i (fill, place)
    )
    SELECT (g.fill::jsonb - 'by_order')::json, g.place FROM given g
     WHERE g.is_named
        OR p_named_bot = coalesce(
               trading.owner_of(p_account_id, NULL, NULL, p_category, g.order_id),
               CASE WHEN g.order_id IN (SELECT n.order_id FROM given n WHERE n.is_named) THEN p_named_bot END);
END
$$;
