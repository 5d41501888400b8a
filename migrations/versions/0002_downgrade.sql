DROP TABLE trading.legacy_trades;
