SELECT a.name AS account, a.uid, sum(f.signed_qty) AS qty
  FROM trading.accounts a JOIN trading.fills f USING (account_id) GROUP BY 1, 2
