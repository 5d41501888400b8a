ALTER FUNCTION trading.may_act_for(integer, text) RESET search_path
