ANALYZE old_bots.fills
