GRANT ledger_service TO CURRENT_USER
