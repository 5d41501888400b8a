ALTER FUNCTION trading.may_act_for(integer, text) OWNER TO CURRENT_USER
