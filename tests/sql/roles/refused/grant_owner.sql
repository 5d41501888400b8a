GRANT ledger_owner TO {bob}
