GRANT INSERT ON trading.fills TO ledger_bot
