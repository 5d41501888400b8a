-- What the service writes beside the reconciler. It speaks for a whole account, too.

-- The books of one account are never fed by another: the first key that is used says which account of the venue it is.
-- Nor are those of two accounts by one, which would book everything twice. `uid` is the id that is kept, `elsewhere`
-- the other account that has the given one; then none is kept anew. The older account stays the one that has it.
CREATE OR REPLACE FUNCTION trading.claim_account(p_account_id integer, p_uid text, OUT uid text, OUT elsewhere text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own trading.accounts;
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    SELECT * INTO own FROM trading.accounts a WHERE a.account_id = p_account_id;
    IF own.uid IS NULL AND p_uid <> '' THEN
        -- Of two accounts that claim one id at the same time, the second one sees the first.
        LOCK TABLE trading.accounts IN SHARE ROW EXCLUSIVE MODE;
        SELECT * INTO own FROM trading.accounts a WHERE a.account_id = p_account_id;
    END IF;
    IF own.uid IS NULL OR own.uid = p_uid THEN
        SELECT a.name INTO elsewhere FROM trading.accounts a
         WHERE a.venue = own.venue AND a.environment = own.environment AND a.uid = p_uid
           AND a.account_id <> p_account_id AND (own.uid IS NULL OR a.account_id < p_account_id)
         ORDER BY a.account_id LIMIT 1;
    END IF;
    uid := own.uid;
    IF own.uid IS NULL AND elsewhere IS NULL AND p_uid <> '' THEN
        UPDATE trading.accounts a SET uid = p_uid WHERE a.account_id = p_account_id;
        uid := p_uid;
    END IF;
END
$$;

-- Adds to the newest run what was found since, given as for save_run(). What waits already, or was resolved by a person,
-- is not added again. Answers how many are new.
CREATE OR REPLACE FUNCTION trading.add_findings(p_account_id integer, p_findings json) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    newest bigint;
    added  bigint;
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    SELECT r.run_id INTO newest FROM trading.reconciliation_runs r WHERE r.account_id = p_account_id
     ORDER BY r.run_id DESC LIMIT 1 FOR UPDATE;
    INSERT INTO trading.reconciliation_findings (account_id, run_id, kind, category, symbol, position_idx, ledger_value,
                                                 venue_value, rule)
    SELECT p_account_id, newest, f ->> 'kind', f ->> 'category', f ->> 'symbol', (f ->> 'position_idx')::smallint,
           f -> 'ledger_value', f -> 'venue_value', f ->> 'rule'
      FROM json_array_elements(p_findings) f
     WHERE newest IS NOT NULL AND NOT EXISTS (
           SELECT FROM trading.reconciliation_findings k
            WHERE k.account_id = p_account_id AND k.kind = f ->> 'kind'
              AND k.category IS NOT DISTINCT FROM f ->> 'category' AND k.symbol IS NOT DISTINCT FROM f ->> 'symbol'
              AND k.ledger_value = (f -> 'ledger_value')::jsonb AND k.venue_value = (f -> 'venue_value')::jsonb
              AND (k.resolved_at IS NULL OR k.resolution_note NOT LIKE 'replaced by run %'));
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN added;
END
$$;

CREATE OR REPLACE FUNCTION trading.record_equity(p_account_id integer, p_equity numeric, p_balances jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    INSERT INTO trading.equity_snapshots (account_id, equity, balances) VALUES (p_account_id, p_equity, p_balances);
END
$$;

-- Forgets the venue's own objects of what was settled before a moment: of orders that can change no more, of quarantined
-- executions that somebody decided about, and the reports of runs but the newest. What they led to stays, and fills are
-- not touched. At most `p_most` rows of each kind at a time. Answers how many.
CREATE OR REPLACE FUNCTION trading.clear_raw(p_account_id integer, p_before timestamptz, p_most integer)
RETURNS TABLE (orders bigint, quarantined bigint, runs bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    UPDATE trading.orders o SET raw = NULL
     WHERE (o.account_id, o.category, o.order_id) IN (
           SELECT k.account_id, k.category, k.order_id FROM trading.orders k
            WHERE k.account_id = p_account_id AND k.raw IS NOT NULL AND coalesce(k.updated_at, k.created_at) < p_before
              AND k.status IN ('Filled', 'Cancelled', 'PartiallyFilledCanceled', 'Rejected', 'Deactivated', 'Triggered')
            LIMIT p_most);
    GET DIAGNOSTICS orders = ROW_COUNT;
    UPDATE trading.quarantined_executions q SET raw = '{}'
     WHERE (q.account_id, q.category, q.exec_id) IN (
           SELECT k.account_id, k.category, k.exec_id FROM trading.quarantined_executions k
            WHERE k.account_id = p_account_id AND k.decided_at < p_before AND k.raw <> '{}'
            LIMIT p_most);
    GET DIAGNOSTICS quarantined = ROW_COUNT;
    UPDATE trading.reconciliation_runs r SET compared = NULL
     WHERE (r.account_id, r.run_id) IN (
           SELECT k.account_id, k.run_id FROM trading.reconciliation_runs k
            WHERE k.account_id = p_account_id AND k.compared IS NOT NULL
              AND greatest(k.finished_at, k.confirmed_at) < p_before
              AND k.run_id < (SELECT max(m.run_id) FROM trading.reconciliation_runs m WHERE m.account_id = p_account_id)
            LIMIT p_most);
    GET DIAGNOSTICS runs = ROW_COUNT;
    RETURN NEXT;
END
$$;
