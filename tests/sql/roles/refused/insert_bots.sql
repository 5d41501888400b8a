INSERT INTO trading.bots (account_id, bot_id, login_role) VALUES (%(account_id)s, 'forged', session_user)
