-- What the reconciler writes. It speaks for a whole account, so its login must be allowed to act for the account's bot
-- `external`.

-- The bots of the account, those of other logins included: sums over an account need all of them.
CREATE OR REPLACE FUNCTION trading.account_bots(p_account_id integer)
RETURNS TABLE (bot_id text, account text, allowed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    RETURN QUERY SELECT b.bot_id::text, a.name, trading.may_act_for(b.account_id, b.bot_id)
                   FROM trading.bots b JOIN trading.accounts a ON a.account_id = b.account_id
                  WHERE b.account_id = p_account_id
                  ORDER BY b.bot_id;
END
$$;

-- Adds a range to what is proven fetched of an endpoint. Ranges that meet or overlap become one.
CREATE OR REPLACE FUNCTION trading.add_coverage(p_account_id integer, p_endpoint text, p_category text,
                                                p_since timestamptz, p_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    added tstzrange := tstzrange(p_since, p_until);
    whole tstzrange;
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    IF isempty(added) OR EXISTS (
        SELECT FROM trading.coverage c WHERE c.account_id = p_account_id AND c.endpoint = p_endpoint
           AND c.category = p_category AND c.range @> added) THEN
        RETURN;
    END IF;
    -- Two writers must not each leave the other's neighbour alone.
    LOCK TABLE trading.coverage IN SHARE ROW EXCLUSIVE MODE;
    WITH met AS (
        DELETE FROM trading.coverage c WHERE c.account_id = p_account_id AND c.endpoint = p_endpoint
           AND c.category = p_category AND (c.range && added OR c.range -|- added)
        RETURNING c.range)
    SELECT range_merge(range_agg(m.range)) INTO whole FROM (SELECT met.range FROM met UNION ALL SELECT added) m;
    INSERT INTO trading.coverage (account_id, endpoint, category, range)
    VALUES (p_account_id, p_endpoint, p_category, whole);
END
$$;

-- Stores what the venue knows of orders, given as a JSON list with the columns of trading.orders as keys. `bot_id` and
-- `parent_bot_id` are who the order's own client order id and its parent's name; a name that is no bot of the account
-- counts for nothing. An order never loses executed quantity: a row that says less than is stored is left out, and its id
-- is answered unless it only comes late. Answers overtake each other: one that is older than what is stored, or of the
-- same moment with another status, was true when it was given.
CREATE OR REPLACE FUNCTION trading.keep_orders(p_account_id integer, p_orders json) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    refused text[];
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    SELECT coalesce(array_agg(o.order_id ORDER BY o.order_id), '{}') INTO refused
      FROM json_populate_recordset(NULL::trading.orders, p_orders) g
      JOIN trading.orders o ON o.account_id = p_account_id AND o.category = g.category AND o.order_id = g.order_id
     WHERE g.cum_exec_qty < o.cum_exec_qty
       AND coalesce(g.updated_at > o.updated_at OR (g.updated_at = o.updated_at AND g.status = o.status), true);
    INSERT INTO trading.orders AS o (account_id, category, order_id, client_order_id, bot_id, symbol, position_idx, side,
        reduce_only, create_type, stop_order_type, parent_order_id, status, qty, price, cum_exec_qty, cum_exec_fee,
        created_at, updated_at, raw)
    SELECT p_account_id, g.category, g.order_id, g.client_order_id, b.bot_id, g.symbol, g.position_idx, g.side,
           g.reduce_only, g.create_type, g.stop_order_type, g.parent_order_id, g.status, g.qty, g.price, g.cum_exec_qty,
           g.cum_exec_fee, g.created_at, g.updated_at, g.raw
      FROM (SELECT n.value, row_number() OVER (
                       PARTITION BY n.value ->> 'category', n.value ->> 'order_id'
                       ORDER BY (n.value ->> 'updated_at')::timestamptz DESC NULLS LAST,
                                (n.value ->> 'cum_exec_qty')::numeric DESC NULLS LAST, n.ordinality DESC) AS nth
              FROM json_array_elements(p_orders) WITH ORDINALITY n) newest
     CROSS JOIN json_populate_record(NULL::trading.orders, newest.value) g
      LEFT JOIN trading.bots b ON b.account_id = p_account_id AND b.bot_id = coalesce(
           (SELECT k.bot_id FROM trading.bots k WHERE k.account_id = p_account_id AND k.bot_id = g.bot_id),
           newest.value ->> 'parent_bot_id')
     WHERE newest.nth = 1 AND g.order_id <> ALL (refused)
     ORDER BY g.category, g.order_id
    ON CONFLICT (account_id, category, order_id) DO UPDATE
       SET client_order_id = coalesce(excluded.client_order_id, o.client_order_id),
           bot_id = coalesce(o.bot_id, excluded.bot_id), symbol = excluded.symbol,
           position_idx = coalesce(excluded.position_idx, o.position_idx), side = excluded.side,
           reduce_only = excluded.reduce_only, create_type = excluded.create_type,
           stop_order_type = excluded.stop_order_type,
           parent_order_id = coalesce(excluded.parent_order_id, o.parent_order_id), status = excluded.status,
           qty = excluded.qty, price = excluded.price, cum_exec_qty = excluded.cum_exec_qty,
           cum_exec_fee = excluded.cum_exec_fee, created_at = excluded.created_at, updated_at = excluded.updated_at,
           raw = excluded.raw
     WHERE (o.status, o.cum_exec_qty, o.updated_at, o.raw)
           IS DISTINCT FROM (excluded.status, excluded.cum_exec_qty, excluded.updated_at, excluded.raw)
       -- Two may write at once, and messages overtake each other: what is newer stays.
       AND coalesce(excluded.cum_exec_qty >= o.cum_exec_qty, true) AND coalesce(excluded.updated_at >= o.updated_at, true);
    RETURN refused;
END
$$;

-- Stores a run and its findings, and closes the open findings of earlier runs that this one looked for and did not find.
-- A run that changed nothing and found what the one before it found only confirms that one; and not even that within a
-- minute, unless somebody waits for its result. `p_settled` are findings that wait for a person and need not any more.
-- Answers the run's id.
CREATE OR REPLACE FUNCTION trading.save_run(p_account_id integer, p_started_at timestamptz, p_status text, p_digest text,
                                            p_changed boolean, p_compared json, p_findings json, p_settled bigint[],
                                            p_error text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last trading.reconciliation_runs;
    made bigint;
    told jsonb := coalesce((p_compared -> 'journals')::jsonb, '{}');
BEGIN
    PERFORM trading.require_bot(p_account_id, 'external');
    SELECT * INTO last FROM trading.reconciliation_runs r WHERE r.account_id = p_account_id
     ORDER BY r.run_id DESC LIMIT 1 FOR UPDATE;
    IF NOT p_changed AND last.digest = p_digest AND last.status = p_status THEN
        -- With how far this one has looked, or the next would read again all that bots have booked since the last report.
        UPDATE trading.reconciliation_runs r
           SET confirmed_at = clock_timestamp(),
               compared = CASE WHEN r.compared -> 'journals' = told THEN r.compared
                               ELSE jsonb_set(r.compared, '{journals}', told) END
         WHERE r.account_id = p_account_id AND r.run_id = last.run_id
           AND (greatest(r.finished_at, r.confirmed_at) < clock_timestamp() - interval '1 minute'
                OR trading.others_reconcile(p_account_id));
        RETURN last.run_id;
    END IF;
    -- The same run again: it was stored, and the answer was lost on its way.
    SELECT r.run_id INTO made FROM trading.reconciliation_runs r
     WHERE r.account_id = p_account_id AND r.started_at = p_started_at AND r.status = p_status
       AND r.digest IS NOT DISTINCT FROM p_digest;
    IF FOUND THEN
        RETURN made;
    END IF;
    INSERT INTO trading.reconciliation_runs (account_id, started_at, finished_at, status, compared, digest, error)
    VALUES (p_account_id, p_started_at, clock_timestamp(), p_status, p_compared, p_digest, p_error)
    RETURNING run_id INTO made;
    INSERT INTO trading.reconciliation_findings (account_id, run_id, kind, category, symbol, position_idx, ledger_value,
                                                 venue_value, rule, resolved_at, resolution_note)
    SELECT p_account_id, made, f ->> 'kind', f ->> 'category', f ->> 'symbol', (f ->> 'position_idx')::smallint,
           f -> 'ledger_value', f -> 'venue_value', f ->> 'rule',
           CASE WHEN NOT (f ->> 'is_problem')::boolean THEN clock_timestamp() END,
           CASE WHEN NOT (f ->> 'is_problem')::boolean THEN 'explained' END
      FROM json_array_elements(p_findings) f;
    UPDATE trading.reconciliation_findings f
       SET resolved_at = clock_timestamp(), resolution_note = format('replaced by run %s', made)
     WHERE f.account_id = p_account_id AND f.finding_id = ANY (p_settled) AND f.resolved_at IS NULL;
    IF p_status <> 'degraded' THEN
        -- What each run decides anew. The others, such as a residual of a past cycle, wait for a person.
        UPDATE trading.reconciliation_findings f
           SET resolved_at = clock_timestamp(), resolution_note = format('replaced by run %s', made)
         WHERE f.account_id = p_account_id AND f.run_id < made AND f.resolved_at IS NULL
           AND f.kind IN ('unexplained', 'missing_history', 'price_only', 'quarantined');
    END IF;
    RETURN made;
END
$$;

-- Whether another reconciliation of the account waits for this one (see queries/reconcile_lock.sql).
CREATE OR REPLACE FUNCTION trading.others_reconcile(p_account_id integer) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
    SELECT EXISTS (SELECT FROM pg_locks l
                    WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objsubid = 1
                      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                      AND l.classid = 1718191727::oid AND l.objid = p_account_id::oid)
$$;
