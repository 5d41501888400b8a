SET ROLE ledger_bot
