INSERT INTO trading.fills SELECT * FROM trading.fills
