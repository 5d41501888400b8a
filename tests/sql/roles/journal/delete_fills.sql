DELETE FROM trading.fills
