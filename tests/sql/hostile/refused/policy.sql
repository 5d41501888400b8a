CREATE POLICY all_rows ON trading.fills USING (true)
