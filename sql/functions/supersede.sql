-- Books executions on a line that an adjustment brought in agreement, and takes back the adjustments that they make
-- wrong: those of a later moment, which stood for what was not known yet. One transaction does both. A hedge leg is not
-- closed beyond what is open: there what an adjustment closed is opened again before the executions close it, and what
-- one opened stays until the executions have opened it.
CREATE OR REPLACE FUNCTION trading.record_superseding(
    p_account_id integer, p_bot_id text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    p_fills json, p_announced text[] DEFAULT NULL) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    answer json;
    b      trading.books;
    cause  trading.fills;
BEGIN
    IF trading.is_shared(p_bot_id, p_named_bot, p_fills) THEN
        RETURN trading.record_shared(p_account_id, p_bot_id, p_named_bot, p_category, p_symbol, p_position_idx, p_fills,
                                     p_announced, true);
    END IF;
    IF p_position_idx <> 0 THEN
        PERFORM trading.reopen_for(
            p_account_id, trading.owner_of(p_account_id, p_bot_id, p_named_bot, p_category, NULL), p_named_bot,
            p_category, p_symbol, p_position_idx, p_fills, p_announced);
    END IF;
    answer := trading.record_fills(p_account_id, p_bot_id, p_named_bot, p_category, p_symbol, p_position_idx, p_fills,
                                   p_announced);
    SELECT f.* INTO cause
      FROM json_array_elements(answer -> 'results') r
     CROSS JOIN LATERAL trading.fill_of(p_account_id, (r ->> 'fill_id')::bigint) f
     WHERE NOT (r ->> 'duplicate')::boolean
     ORDER BY f.exec_time, f.seq, f.exec_id LIMIT 1;
    IF NOT FOUND THEN
        RETURN answer;
    END IF;
    SELECT * INTO b FROM trading.book_of(p_account_id, cause.book_id);
    PERFORM trading.void_later_adjustments(b, cause.exec_time, ARRAY['Buy', 'Sell'], cause.fill_id, p_announced);
    -- What the first step left is not what is there now.
    RETURN trading.answer_of(b, answer -> 'results');
END
$$;

-- Takes back what adjustments closed on a hedge leg, as far as they are later than an execution that is not known yet.
CREATE OR REPLACE FUNCTION trading.reopen_for(
    p_account_id integer, p_owner text, p_named_bot text, p_category text, p_symbol text, p_position_idx smallint,
    p_fills json, p_announced text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    batch trading.fills[];
    b     trading.books;
    since timestamptz;
BEGIN
    SELECT array_agg(i) INTO batch FROM json_populate_recordset(NULL::trading.fills, p_fills) i;
    PERFORM trading.lock_orders(p_account_id, batch);
    PERFORM trading.require_bot(p_account_id, p_owner);
    PERFORM trading.require_announced(p_owner, p_category, p_symbol, p_position_idx, p_announced);
    PERFORM trading.lock_others(p_account_id, p_owner, p_named_bot, p_category, p_symbol, p_position_idx, batch);
    b := trading.lock_book(p_account_id, p_owner, p_category, p_symbol, p_position_idx);
    SELECT min(i.exec_time) INTO since FROM unnest(batch) i
     WHERE NOT EXISTS (SELECT FROM trading.execution_of(p_account_id, p_category, i.exec_id));
    PERFORM trading.void_later_adjustments(b, since, ARRAY[CASE p_position_idx WHEN 1 THEN 'Sell' ELSE 'Buy' END], NULL,
                                           p_announced);
END
$$;

-- Takes back the adjustments of these sides on the line of a locked book that are not earlier than `since`.
CREATE OR REPLACE FUNCTION trading.void_later_adjustments(
    mine trading.books, since timestamptz, sides text[], p_cause_fill_id bigint, p_announced text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a trading.fills;
    b trading.books;
BEGIN
    FOR a IN SELECT f.* FROM trading.books k
               JOIN trading.fills f ON f.account_id = k.account_id AND f.book_id = k.book_id
              WHERE k.account_id = mine.account_id AND k.category = mine.category AND k.symbol = mine.symbol
                AND k.position_idx = mine.position_idx AND f.exec_type = 'Adjustment' AND f.exec_time >= since
                AND f.side = ANY (sides)
                AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                 WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
              ORDER BY f.book_id, f.exec_time, f.seq, f.exec_id
    LOOP
        PERFORM trading.require_bot(a.account_id, a.bot_id);
        PERFORM trading.require_announced(a.bot_id, a.category, a.symbol, a.position_idx, p_announced);
        IF a.book_id = mine.book_id THEN
            SELECT * INTO b FROM trading.book_of(a.account_id, a.book_id);
        ELSE
            b := trading.lock_other_book(mine, a.book_id);
        END IF;
        PERFORM trading.void_adjustment(b, a, p_cause_fill_id);
    END LOOP;
END
$$;

-- Takes an adjustment back; the caller holds its book's lock.
CREATE OR REPLACE FUNCTION trading.void_adjustment(b trading.books, a trading.fills, p_cause_fill_id bigint)
RETURNS trading.books
LANGUAGE plpgsql AS $$
DECLARE
    v trading.fill_voids := trading.journal_void(b, a.fill_id, p_cause_fill_id, 'adjustment replaced by executions',
                                                 NULL);
BEGIN
    b.book_seq := v.book_seq;
    b.hash := v.hash;
    b.dust_qty := b.dust_qty - trading.dust_of(b, a);
    RETURN trading.rebuild_from(b, trading.checkpoint_before(b, a.exec_time, a.seq, a.exec_id),
                                'adjustment replaced by executions', p_cause_fill_id);
END
$$;
