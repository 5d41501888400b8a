CREATE OR REPLACE FUNCTION trading.may_act_for(p_account_id integer, p_bot_id text) RETURNS boolean
LANGUAGE sql AS 'SELECT true'
