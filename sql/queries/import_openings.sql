-- Of each book when its opening balance is, and when its first fill beside that; in microseconds, NULL for none.
SELECT i.category, i.exec_id,
       (SELECT (extract(epoch FROM f.exec_time) * 1000000)::bigint FROM trading.fills f
         WHERE f.account_id = %(account_id)s AND f.category = i.category AND f.exec_id = i.exec_id) AS opened,
       (SELECT (extract(epoch FROM min(f.exec_time)) * 1000000)::bigint FROM trading.fills f
         WHERE f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_id <> i.exec_id) AS first_time
  FROM unnest(%(categories)s::text[], %(exec_ids)s::text[], %(bot_ids)s::text[], %(symbols)s::text[],
              %(position_idxs)s::smallint[]) AS i (category, exec_id, bot_id, symbol, position_idx)
  LEFT JOIN trading.books b ON b.account_id = %(account_id)s AND b.bot_id = i.bot_id AND b.category = i.category
                           AND b.symbol = i.symbol AND b.position_idx = i.position_idx
