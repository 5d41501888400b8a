-- Logins of the server, for those who may make some: by the caller's own right, not the owner's.

-- Makes the login if there is none, sets its password where a verifier is given (never the password itself), and lets
-- it into one of the ledger's groups and no other of them. Answers whether it is new.
CREATE OR REPLACE FUNCTION trading.ensure_login(p_login text, p_group text, p_verifier text) RETURNS boolean
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    groups text[] := ARRAY['ledger_bot', 'ledger_reader', 'ledger_service'];
    v_new  boolean := NOT EXISTS (SELECT FROM pg_roles WHERE rolname = p_login);
    other  text;
BEGIN
    IF p_group <> ALL (groups) THEN
        RAISE EXCEPTION USING ERRCODE = 'FL004', MESSAGE = format('%s is no group for logins', p_group),
            DETAIL = json_build_object('field', 'group', 'value', p_group, 'rule', 'one of ' || array_to_string(groups, ', '));
    END IF;
    IF v_new THEN
        EXECUTE format('CREATE ROLE %I LOGIN', p_login);
    ELSIF pg_has_role(p_login, 'ledger_owner', 'USAGE') OR NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = p_login)
    THEN  -- superusers are members of all roles
        RAISE EXCEPTION USING ERRCODE = 'FL004', MESSAGE = format('%s is no login of a bot, reader or service', p_login),
            DETAIL = json_build_object('field', 'login', 'value', p_login,
                                       'rule', 'a new login, or one that is neither an administrator nor a group');
    END IF;
    IF p_verifier IS NOT NULL THEN
        EXECUTE format('ALTER ROLE %I PASSWORD %L', p_login, p_verifier);
    END IF;
    FOREACH other IN ARRAY groups LOOP
        IF other <> p_group AND EXISTS (SELECT FROM pg_auth_members
                                         WHERE roleid = other::regrole AND member = quote_ident(p_login)::regrole) THEN
            EXECUTE format('REVOKE %I FROM %I', other, p_login);
        END IF;
    END LOOP;
    IF NOT pg_has_role(p_login, p_group, 'USAGE') THEN
        EXECUTE format('GRANT %I TO %I', p_group, p_login);
    END IF;
    RETURN v_new;
END
$$;
