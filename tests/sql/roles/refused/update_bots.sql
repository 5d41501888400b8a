UPDATE trading.bots SET login_role = session_user
