GRANT ledger_reader TO CURRENT_USER
