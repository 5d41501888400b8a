ALTER TABLE trading.fills DISABLE TRIGGER append_only
