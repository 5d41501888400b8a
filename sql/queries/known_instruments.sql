SELECT i.category, i.symbol, i.base_coin, i.quote_coin, i.settle_coin, i.multiplier
  FROM trading.instruments i
 WHERE i.account_id = %(account_id)s
