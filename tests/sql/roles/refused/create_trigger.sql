CREATE TRIGGER mine BEFORE INSERT ON trading.fills FOR EACH ROW EXECUTE FUNCTION trading.refuse_change()
