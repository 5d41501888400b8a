SELECT i.category, i.symbol, i.base_coin, i.quote_coin, i.settle_coin, i.multiplier, i.qty_step,
       i.tick_size, i.contract_type, i.status
  FROM trading.instruments i
 WHERE i.account_id = %(account_id)s
