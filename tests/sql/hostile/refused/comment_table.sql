COMMENT ON TABLE trading.fills IS 'mine'
