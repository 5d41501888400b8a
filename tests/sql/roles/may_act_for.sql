SELECT trading.may_act_for(1, %(bot_id)s)
