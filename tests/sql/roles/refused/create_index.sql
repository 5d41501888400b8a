CREATE INDEX mine ON trading.fills (source)
