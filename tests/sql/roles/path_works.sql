SELECT abs(-1::numeric)
