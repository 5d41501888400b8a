-- What a proof of a book cannot do without: the hash chain, what each fill does, and each lot and trade beside the fills
-- that made it. Nothing is compared.
WITH step AS MATERIALIZED (
    SELECT * FROM trading.derive_steps(%(account_id)s::integer, %(book_id)s::integer, trading.zero_checkpoint(), NULL)
)
SELECT (SELECT count(trading.link(f.hash, trading.canonical(f)))
          FROM trading.fills f
         WHERE f.account_id = %(account_id)s::integer AND f.book_id = %(book_id)s::integer),
       (SELECT count(l.commission) + count(e.open_to)
          FROM (SELECT * FROM trading.lots k
                 WHERE k.account_id = %(account_id)s::integer
                   AND k.fill_id BETWEEN %(book_id)s::bigint << 32 AND (%(book_id)s::bigint + 1) << 32) l
          FULL JOIN (SELECT * FROM step s WHERE s.open_qty > 0) e ON e.fill_id = l.fill_id),
       (SELECT count(t.source) + count(e.open_to) + count(x.closed_to)
          FROM trading.completed_trades t
          LEFT JOIN (SELECT * FROM step s WHERE s.open_qty > 0) e ON e.fill_id = t.entry_fill_id
          LEFT JOIN (SELECT * FROM step s WHERE s.close_qty > 0) x ON x.fill_id = t.exit_fill_id
         WHERE t.account_id = %(account_id)s::integer
           AND t.exit_fill_id BETWEEN %(book_id)s::bigint << 32 AND (%(book_id)s::bigint + 1) << 32)
