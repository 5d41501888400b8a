-- The books whose rows nobody else has locked.
SELECT k.account_id, k.bot_id, k.category, k.symbol, k.position_idx FROM trading.books k
   FOR NO KEY UPDATE SKIP LOCKED
