-- Executions that could not be applied: kept as they came, until a person decides what they did.

-- Keeps executions whose effect nobody knows, given as a JSON list; those known already stay as they are. Answers how
-- many are new.
CREATE OR REPLACE FUNCTION trading.quarantine_executions(p_account_id integer, p_executions json) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    added bigint;
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    INSERT INTO trading.quarantined_executions (account_id, category, exec_id, symbol, exec_type, exec_time, reason, raw,
                                                readable)
    SELECT p_account_id, q.category, q.exec_id, q.symbol, q.exec_type, q.exec_time, q.reason, q.raw,
           coalesce(q.readable, '{}')
      FROM json_populate_recordset(NULL::trading.quarantined_executions, p_executions) q
     ORDER BY q.category, q.exec_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN added;
END
$$;

-- A person's decision about an execution in quarantine, and what follows from it, in one transaction: `ignore` books
-- nothing; `fill` and `cash` book `p_fill`, an object with the columns of trading.fills as keys, in the book of p_bot_id,
-- whatever its client order id says. What was decided stays: the answer then is what is stored, with `fresh` false.
-- A dry run answers the same and takes everything back.
CREATE OR REPLACE FUNCTION trading.decide_quarantined(
    p_account_id integer, p_category text, p_exec_id text, p_decision text, p_note text, p_bot_id text, p_fill json,
    p_dry_run boolean, p_announced text[] DEFAULT NULL) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answer json;
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    BEGIN
        answer := trading.carry_out_decision(p_account_id, p_category, p_exec_id, p_decision, p_note, p_bot_id, p_fill,
                                             p_announced);
        IF p_dry_run THEN
            RAISE EXCEPTION USING ERRCODE = 'FL012', MESSAGE = 'a dry run', DETAIL = answer::text;
        END IF;
    EXCEPTION WHEN SQLSTATE 'FL012' THEN
        GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
    END;
    RETURN answer;
END
$$;

CREATE OR REPLACE FUNCTION trading.carry_out_decision(
    p_account_id integer, p_category text, p_exec_id text, p_decision text, p_note text, p_bot_id text, p_fill json,
    p_announced text[]) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    q      trading.quarantined_executions;
    i      trading.fills;
    before json;
    answer json;
    fresh  boolean;
BEGIN
    SELECT * INTO q FROM trading.quarantined_executions k
     WHERE k.account_id = p_account_id AND k.category = p_category AND k.exec_id = p_exec_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM trading.raise_invalid('execution', p_exec_id, p_exec_id, 'one that is in quarantine');
    END IF;
    fresh := q.decision IS NULL;
    IF fresh THEN
        IF p_decision <> 'ignore' THEN
            IF p_fill IS NULL THEN
                PERFORM trading.raise_invalid('fill', NULL, p_exec_id, 'what to book, unless the decision is ignore');
            END IF;
            i := json_populate_record(NULL::trading.fills, p_fill);
            SELECT trading.position_of(b) INTO before FROM trading.books b
             WHERE b.account_id = p_account_id AND b.bot_id = p_bot_id AND b.category = p_category
               AND b.symbol = i.symbol AND b.position_idx = i.position_idx;
            answer := trading.record_superseding(p_account_id, p_bot_id, p_bot_id, p_category, i.symbol, i.position_idx,
                                                 json_build_array(p_fill), p_announced);
        END IF;
        UPDATE trading.quarantined_executions k
           SET decision = p_decision, decided_at = clock_timestamp(), decided_by = session_user, note = p_note,
               booked = CASE WHEN p_decision <> 'ignore'
                             THEN p_fill::jsonb || jsonb_build_object('bot_id', p_bot_id) END
         WHERE k.account_id = p_account_id AND k.category = p_category AND k.exec_id = p_exec_id
        RETURNING * INTO q;
        PERFORM trading.close_quarantine_findings(q);
    END IF;
    RETURN json_build_object(
        'fresh', fresh, 'category', q.category, 'exec_id', q.exec_id, 'decision', q.decision, 'note', q.note,
        'decided_at', q.decided_at, 'decided_by', q.decided_by, 'booked', q.booked, 'before', before,
        'result', (SELECT (answer -> 'results' -> 0)::jsonb
                          || jsonb_build_object('position', answer -> 'position') WHERE answer IS NOT NULL));
END
$$;

-- The findings that said that the execution waits.
CREATE OR REPLACE FUNCTION trading.close_quarantine_findings(q trading.quarantined_executions) RETURNS void
LANGUAGE sql AS $$
    UPDATE trading.reconciliation_findings f
       SET resolved_at = clock_timestamp(), resolution_note = concat_ws(': ', q.decision, q.note)
     WHERE f.account_id = q.account_id AND f.kind = 'quarantined' AND f.resolved_at IS NULL
       AND f.category = q.category AND f.venue_value ->> 'exec_id' = q.exec_id
$$;

-- Executions that were refused and that a later reconciliation could book after all wait for nobody any more.
CREATE OR REPLACE FUNCTION trading.release_booked(p_account_id integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    q        trading.quarantined_executions;
    released bigint := 0;
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    FOR q IN
        UPDATE trading.quarantined_executions k
           SET decision = 'booked', decided_at = clock_timestamp(), decided_by = session_user,
               note = 'booked by a later reconciliation'
         WHERE k.account_id = p_account_id AND k.decision IS NULL
           AND (EXISTS (SELECT FROM trading.execution_of(k.account_id, k.category, k.exec_id))
                OR EXISTS (SELECT FROM trading.payment_of(k.account_id, k.category, k.exec_id)))
        RETURNING k.*
    LOOP
        PERFORM trading.close_quarantine_findings(q);
        released := released + 1;
    END LOOP;
    RETURN released;
END
$$;
