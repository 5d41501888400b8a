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
