DROP POLICY own_bots ON trading.fills
