ALTER POLICY own_bots ON trading.fills USING (true)
