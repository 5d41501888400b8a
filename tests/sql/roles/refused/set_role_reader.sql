SET ROLE ledger_reader
