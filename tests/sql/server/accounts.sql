SELECT venue, name, environment FROM trading.accounts
