SELECT trading.ensure_login(session_user::text, 'ledger_service', NULL)
