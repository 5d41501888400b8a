CREATE EVENT TRIGGER caught ON ddl_command_start EXECUTE FUNCTION trading.refuse_change()
