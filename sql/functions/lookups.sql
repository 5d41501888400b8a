-- Rows by the one index that leads to them. While the planner has no statistics of a young table it sees no difference
-- between that index and any other that begins with account_id, and with conditions of `=` alone it takes any of them and
-- reads all rows of the account. With a range in place of the last `=`, in its order, one is better: behind the others it
-- would have to sort.

CREATE OR REPLACE FUNCTION trading.book_of(p_account_id integer, p_book_id integer) RETURNS SETOF trading.books
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.books k
     WHERE k.account_id = p_account_id AND k.book_id BETWEEN p_book_id AND p_book_id ORDER BY k.book_id LIMIT 1
$$;

CREATE OR REPLACE FUNCTION trading.fill_of(p_account_id integer, p_fill_id bigint) RETURNS SETOF trading.fills
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.fills f
     WHERE f.account_id = p_account_id AND f.fill_id BETWEEN p_fill_id AND p_fill_id ORDER BY f.fill_id LIMIT 1
$$;

-- The fill of an execution.
CREATE OR REPLACE FUNCTION trading.execution_of(p_account_id integer, p_category text, p_exec_id text)
RETURNS SETOF trading.fills
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.fills f
     WHERE f.account_id = p_account_id AND f.category = p_category AND f.exec_id BETWEEN p_exec_id AND p_exec_id
     ORDER BY f.exec_id LIMIT 1
$$;

-- All fills of an order.
CREATE OR REPLACE FUNCTION trading.fills_of_order(p_account_id integer, p_category text, p_order_id text)
RETURNS SETOF trading.fills
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.fills f
     WHERE f.account_id = p_account_id AND f.category = p_category AND f.order_id BETWEEN p_order_id AND p_order_id
     ORDER BY f.order_id OFFSET 0
$$;

-- A book's fills, in the order in which they were booked.
CREATE OR REPLACE FUNCTION trading.fills_of_book(p_account_id integer, p_book_id integer) RETURNS SETOF trading.fills
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.fills f
     WHERE f.account_id = p_account_id
       AND f.fill_id > p_book_id::bigint << 32 AND f.fill_id < (p_book_id + 1)::bigint << 32
     ORDER BY f.fill_id OFFSET 0
$$;

-- A book's fills behind a point, in exchange order.
CREATE OR REPLACE FUNCTION trading.fills_after(p_account_id integer, p_book_id integer, p trading.checkpoint)
RETURNS SETOF trading.fills
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.fills f
     WHERE f.account_id = p_account_id AND f.book_id = p_book_id
       AND (f.exec_time, f.seq, f.exec_id) > (p.exec_time, p.seq, p.exec_id)
     ORDER BY f.exec_time, f.seq, f.exec_id OFFSET 0
$$;

-- A book's fills up to a moment.
CREATE OR REPLACE FUNCTION trading.fills_until(p_account_id integer, p_book_id integer, p_at timestamptz)
RETURNS SETOF trading.fills
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.fills f
     WHERE f.account_id = p_account_id AND f.book_id = p_book_id AND f.exec_time <= p_at ORDER BY f.exec_time OFFSET 0
$$;

-- What a fill opened.
CREATE OR REPLACE FUNCTION trading.lot_of(p_account_id integer, p_fill_id bigint) RETURNS SETOF trading.lots
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.lots l
     WHERE l.account_id = p_account_id AND l.fill_id BETWEEN p_fill_id AND p_fill_id ORDER BY l.fill_id LIMIT 1
$$;

-- What a fill closed.
CREATE OR REPLACE FUNCTION trading.trades_of(p_account_id integer, p_fill_id bigint)
RETURNS SETOF trading.completed_trades
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.completed_trades t
     WHERE t.account_id = p_account_id AND t.exit_fill_id BETWEEN p_fill_id AND p_fill_id
     ORDER BY t.exit_fill_id OFFSET 0
$$;

CREATE OR REPLACE FUNCTION trading.payment_of(p_account_id integer, p_category text, p_exec_id text)
RETURNS SETOF trading.funding_payments
LANGUAGE sql STABLE AS $$
    SELECT * FROM trading.funding_payments p
     WHERE p.account_id = p_account_id AND p.category = p_category AND p.exec_id BETWEEN p_exec_id AND p_exec_id
     ORDER BY p.exec_id LIMIT 1
$$;
