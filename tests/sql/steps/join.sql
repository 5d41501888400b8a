GRANT ledger_bot TO steps_login
