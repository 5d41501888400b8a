-- Closes an open finding with what a person decided about it. Answers whether it was open.
CREATE OR REPLACE FUNCTION trading.resolve_finding(p_account_id integer, p_finding_id bigint, p_note text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    IF p_note IS NULL OR btrim(p_note) = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'FL004', MESSAGE = 'a finding is resolved with a note',
            DETAIL = json_build_object('field', 'note', 'value', p_note, 'rule', 'a non-empty text');
    END IF;
    UPDATE trading.reconciliation_findings f
       SET resolved_at = clock_timestamp(), resolution_note = p_note
     WHERE f.account_id = p_account_id AND f.finding_id = p_finding_id AND f.resolved_at IS NULL;
    RETURN FOUND;
END
$$;
