UPDATE trading.fills SET hash = hash
