INSERT INTO trading.accounts (name) VALUES ('forged')
