-- Everything of a bot's own that could stand before the ledger's: tables, functions, operators of its own schema.
CREATE TEMP TABLE bots AS SELECT 1 AS account_id, 'alice'::text AS bot_id, session_user AS login_role;
CREATE TEMP VIEW books AS SELECT 1 AS account_id, 1 AS book_id, 'alice'::text AS bot_id;
CREATE TEMP TABLE pg_auth_members AS SELECT 'ledger_owner'::regrole AS roleid, session_user::regrole AS member;
CREATE FUNCTION pg_temp.may_act_for(integer, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION pg_temp.pg_has_role(name, text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION pg_temp.always(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.always);
SET search_path = pg_temp, trading, pg_catalog
