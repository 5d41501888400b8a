-- Finds or creates the account and the bot that a client names. An account's name and a bot's account are
-- kept unique under a table lock, because every unique key of the schema begins with account_id.
CREATE OR REPLACE FUNCTION trading.register_bot(p_bot_id text, p_account text, p_venue text,
                                                p_environment text, p_default_account text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account_id integer;
    v_name       text;
    v_elsewhere  text;
BEGIN
    SELECT b.account_id INTO v_account_id
      FROM trading.bots b JOIN trading.accounts a USING (account_id)
     WHERE b.bot_id = p_bot_id AND a.name = coalesce(p_account, a.name) AND p_bot_id <> 'external';
    IF NOT FOUND THEN
        LOCK TABLE trading.accounts, trading.bots IN SHARE ROW EXCLUSIVE MODE;
        SELECT a.name INTO v_elsewhere FROM trading.bots b JOIN trading.accounts a USING (account_id)
         WHERE b.bot_id = p_bot_id AND p_bot_id <> 'external';
        v_name := coalesce(p_account, v_elsewhere, p_default_account);
        PERFORM trading.require_name('bot_id', p_bot_id);
        PERFORM trading.require_name('account', v_name);
        PERFORM trading.require_name('venue', p_venue);
        IF v_elsewhere <> v_name THEN
            RAISE EXCEPTION USING ERRCODE = 'FL007',
                MESSAGE = format('bot %s belongs to account %s, not to %s', p_bot_id, v_elsewhere, v_name),
                DETAIL = json_build_object('bot_id', p_bot_id, 'account', v_elsewhere, 'given', v_name);
        END IF;
        SELECT account_id INTO v_account_id FROM trading.accounts WHERE name = v_name;
        IF NOT FOUND THEN
            INSERT INTO trading.accounts (name, venue, environment) VALUES (v_name, p_venue, p_environment)
            RETURNING account_id INTO v_account_id;
            INSERT INTO trading.bots (account_id, bot_id) VALUES (v_account_id, 'external');
        END IF;
        -- A restricted login becomes the owner of the bots that it registers.
        INSERT INTO trading.bots (account_id, bot_id, login_role)
        VALUES (v_account_id, p_bot_id,
                CASE WHEN NOT pg_has_role(session_user, 'ledger_owner', 'USAGE') THEN session_user END)
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM trading.require_bot(v_account_id, p_bot_id);
    RETURN v_account_id;
END
$$;

-- Names are shown to everybody. The clients check the same, and more; a login can also come without one.
CREATE OR REPLACE FUNCTION trading.require_name(p_field text, p_name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p_name ~ '[[:cntrl:]]' OR length(p_name) > 255 THEN
        RAISE EXCEPTION USING ERRCODE = 'FL004', MESSAGE = format('%s is no name', p_field),
            DETAIL = json_build_object('field', p_field, 'value', left(p_name, 255),
                                       'rule', 'at most 255 characters, none of them a control character');
    END IF;
END
$$;

-- Whether the connected login may act for, and see, a bot. Members of ledger_owner may all; a bot's login
-- only what is assigned to it. The login is session_user: SECURITY DEFINER functions change current_user.
CREATE OR REPLACE FUNCTION trading.may_act_for(p_account_id integer, p_bot_id text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_has_role(session_user, 'ledger_owner', 'USAGE') OR pg_has_role(session_user, 'ledger_service', 'USAGE')
        OR EXISTS (SELECT FROM trading.bots b
                    WHERE b.account_id = p_account_id AND b.bot_id = p_bot_id
                      -- by oid: the role may be gone
                       AND pg_has_role(session_user, to_regrole(quote_ident(b.login_role))::oid, 'USAGE'))
$$;

-- Which of these names are bots of the account, so that a batch can be sorted by books.
CREATE OR REPLACE FUNCTION trading.known_bots(p_account_id integer, p_bot_id text, p_names text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    RETURN (SELECT coalesce(array_agg(b.bot_id), '{}') FROM trading.bots b
             WHERE b.account_id = p_account_id AND b.bot_id = ANY (p_names));
END
$$;

-- True, or an error: like all checks of a fill, which are made in expressions, because PERFORM takes longer than they do.
CREATE OR REPLACE FUNCTION trading.require_bot(p_account_id integer, p_bot_id text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'ledger_owner', 'USAGE') AND NOT trading.may_act_for(p_account_id, p_bot_id)
    THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = format('login %s may not act for bot %s', session_user, p_bot_id),
            DETAIL = json_build_object('login', session_user, 'bot_id', p_bot_id),
            HINT = 'assign the bot to the login: fifoledger bots assign BOT_ID LOGIN';
    END IF;
    RETURN true;
END
$$;

-- Gives a bot to a database login (NULL: to the owner alone).
CREATE OR REPLACE FUNCTION trading.assign_bot(p_account_id integer, p_bot_id text, p_login_role text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'ledger_owner', 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only members of ledger_owner assign bots to logins';
    END IF;
    UPDATE trading.bots SET login_role = p_login_role WHERE account_id = p_account_id AND bot_id = p_bot_id;
    RETURN FOUND;
END
$$;

CREATE OR REPLACE FUNCTION trading.heartbeat(p_account_id integer, p_bot_id text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_at timestamptz := clock_timestamp();
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    UPDATE trading.bots SET last_heartbeat = v_at WHERE account_id = p_account_id AND bot_id = p_bot_id;
    RETURN v_at;
END
$$;

CREATE OR REPLACE FUNCTION trading.update_equity(p_account_id integer, p_bot_id text, p_equity numeric) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    IF NOT (p_equity > -1e30 AND p_equity < 1e30) THEN
        RAISE EXCEPTION USING ERRCODE = 'FL004', MESSAGE = 'equity is not a number of sane size',
            DETAIL = json_build_object('field', 'equity', 'value', left(p_equity::text, 200),
                                       'rule', 'a finite number of at most 30 digits before the point');
    END IF;
    UPDATE trading.bots SET equity = p_equity, equity_at = clock_timestamp(), last_heartbeat = clock_timestamp()
     WHERE account_id = p_account_id AND bot_id = p_bot_id;
END
$$;
