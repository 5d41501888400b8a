-- Orders whose fill of the whole does not leave what their executions, in whatever book, do not cover.
CREATE OR REPLACE FUNCTION trading.verify_orders(p_account_id integer)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE sql STABLE AS $$
    WITH counted AS (
        SELECT f.category, f.order_id, trading.is_order_level(f.exec_id) AS is_whole, f.exec_qty
          FROM trading.fills f
         WHERE f.account_id = p_account_id AND f.order_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
    ), summed AS (
        SELECT c.category, c.order_id, coalesce(sum(c.exec_qty) FILTER (WHERE c.is_whole), 0) AS rest,
               coalesce(sum(c.exec_qty) FILTER (WHERE NOT c.is_whole), 0) AS executed
          FROM counted c GROUP BY c.category, c.order_id
    )
    SELECT 'order', s.order_id, 'quantity that no execution covers', s.rest::text,
           greatest(w.exec_qty - s.executed, 0)::text
      FROM trading.fills w
      JOIN summed s ON s.category = w.category AND s.order_id = w.order_id
     WHERE w.account_id = p_account_id AND w.exec_id = 'order:' || w.order_id
       AND s.rest <> greatest(w.exec_qty - s.executed, 0)
$$;

-- Rows that name another book than the one their fills belong to. They would hide from verify_book(), which looks
-- at the rows of a book's fills. One pass over an account.
CREATE OR REPLACE FUNCTION trading.verify_strays(p_account_id integer)
RETURNS TABLE (subject text, item text, field text, stored text, derived text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'ledger_reader', 'USAGE')
       AND NOT pg_has_role(session_user, 'ledger_owner', 'USAGE') THEN
        RETURN;  -- what a bot's own login may see is verified book by book
    END IF;
    RETURN QUERY SELECT * FROM trading.verify_orders(p_account_id);
    RETURN QUERY
    SELECT s.subject, s.item, 'book_id', s.book_id::text, s.belongs::text
      FROM (SELECT 'fill' AS subject, f.fill_id::text AS item, f.book_id, f.fill_id >> 32 AS belongs
              FROM trading.fills f WHERE f.account_id = p_account_id
            UNION ALL
            SELECT 'void', v.fill_id::text, v.book_id, v.fill_id >> 32
              FROM trading.fill_voids v WHERE v.account_id = p_account_id
            UNION ALL
            SELECT 'lot', l.fill_id::text, l.book_id, l.fill_id >> 32
              FROM trading.lots l WHERE l.account_id = p_account_id
            UNION ALL
            SELECT 'lot', l.fill_id::text, l.book_id, l.cycle_id >> 32
              FROM trading.lots l WHERE l.account_id = p_account_id
            UNION ALL
            SELECT 'trade', t.entry_fill_id || '/' || t.exit_fill_id, t.book_id, t.exit_fill_id >> 32
              FROM trading.completed_trades t WHERE t.account_id = p_account_id
           ) s
     WHERE s.book_id <> s.belongs
    UNION ALL
    SELECT s.subject, s.item, 'book', 'missing', s.book_id::text
      FROM (SELECT 'fill' AS subject, f.fill_id::text AS item, f.account_id, f.book_id
              FROM trading.fills f WHERE f.account_id = p_account_id
            UNION ALL
            SELECT 'cash', p.cash_seq::text, p.account_id, p.book_id
              FROM trading.funding_payments p WHERE p.account_id = p_account_id
            UNION ALL
            SELECT 'lot', l.fill_id::text, l.account_id, l.book_id
              FROM trading.lots l WHERE l.account_id = p_account_id
            UNION ALL
            SELECT 'trade', t.entry_fill_id || '/' || t.exit_fill_id, t.account_id, t.book_id
              FROM trading.completed_trades t WHERE t.account_id = p_account_id) s
     WHERE NOT EXISTS (SELECT FROM trading.books k WHERE k.account_id = s.account_id AND k.book_id = s.book_id);
END
$$;
