CREATE INDEX ON trading.fills (recorded_at)
