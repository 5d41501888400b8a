-- Linear results are exact; net = gross − the commissions that were charged in the settle coin.
SELECT t.entry_fill_id, t.exit_fill_id, t.gross_pnl, t.net_pnl, t.pnl_reason
  FROM trading.completed_trades t
  JOIN trading.books b ON b.account_id = t.account_id AND b.book_id = t.book_id
 WHERE t.account_id = coalesce(%(account_id)s::integer, t.account_id)
   AND (t.net_pnl IS DISTINCT FROM t.gross_pnl
            - CASE WHEN t.entry_commission_asset = t.settle_coin THEN t.entry_commission ELSE 0 END
            - CASE WHEN t.exit_commission_asset = t.settle_coin THEN t.exit_commission ELSE 0 END
        OR t.category <> 'inverse' AND t.gross_pnl IS DISTINCT FROM
            (t.exit_price - t.entry_price) * t.quantity * b.multiplier * CASE t.side WHEN 'Buy' THEN 1 ELSE -1 END
        OR (t.gross_pnl IS NULL) <> (t.pnl_reason IS NOT NULL)
        OR t.settle_coin <> b.settle_coin
        OR t.holding_seconds <> extract(epoch FROM t.exit_time - t.entry_time))
