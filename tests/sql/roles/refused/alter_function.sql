ALTER FUNCTION trading.may_act_for(integer, text) SECURITY INVOKER
