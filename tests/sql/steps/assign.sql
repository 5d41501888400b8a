UPDATE trading.bots SET login_role = 'steps_login' WHERE bot_id = 'bot'
