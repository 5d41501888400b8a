SELECT k.book_id, k.bot_id, k.category, k.symbol, k.position_idx, k.base_coin, k.quote_coin, k.settle_coin,
       trim_scale(k.multiplier)::text AS multiplier, k.book_seq, k.hash,
       CASE WHEN isfinite(k.last_exec_time) THEN (extract(epoch FROM k.last_exec_time) * 1000000)::bigint
            ELSE -9223372036854775808 END AS last_exec_time, k.last_seq, k.last_exec_id,
       k.side, trim_scale(k.size)::text AS size, k.cycle_id, trim_scale(k.opened)::text AS opened,
       trim_scale(k.closed)::text AS closed, k.trades, k.realized_net, k.cash_seq
  FROM trading.books k
 WHERE k.account_id = %(account_id)s AND k.book_id = ANY (%(book_ids)s::integer[])
 ORDER BY k.book_id
