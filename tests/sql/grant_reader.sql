GRANT ledger_reader TO {role}
