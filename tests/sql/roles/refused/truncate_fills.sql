TRUNCATE trading.fills CASCADE
