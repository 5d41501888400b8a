-- What record_fill() writes, into tables of the same shape, and nothing computed: the least that a fill costs.
CREATE TABLE alone_books (LIKE trading.books INCLUDING ALL) WITH (fillfactor = 40);
CREATE TABLE alone_fills (LIKE trading.fills INCLUDING ALL);
CREATE TABLE alone_lots (LIKE trading.lots INCLUDING ALL);
CREATE TABLE alone_trades (LIKE trading.completed_trades INCLUDING ALL);

CREATE FUNCTION rows_alone(
    p_account_id integer, p_bot_id text, p_category text, p_symbol text, p_position_idx smallint, p_side text,
    p_exec_price numeric, p_exec_qty numeric, p_exec_time timestamptz, p_exec_id text, p_order_id text,
    p_commission numeric, p_exec_type text, p_source text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    id   integer;
    n    bigint;
    fill bigint;
BEGIN
    LOOP
        SELECT k.book_id, k.book_seq + 1 INTO id, n FROM alone_books k
         WHERE k.account_id = p_account_id AND k.bot_id = p_bot_id AND k.category = p_category
           AND k.symbol = p_symbol AND k.position_idx = p_position_idx
           FOR NO KEY UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO alone_books (account_id, bot_id, category, symbol, position_idx, base_coin, quote_coin, settle_coin,
                                 multiplier)
        VALUES (p_account_id, p_bot_id, p_category, p_symbol, p_position_idx, 'BTC', 'USDT', 'USDT', 1)
        ON CONFLICT DO NOTHING;
    END LOOP;
    fill := (id::bigint << 32) + n;
    INSERT INTO alone_fills
    VALUES (p_account_id, id, fill, n, p_exec_time, 0, clock_timestamp(), p_position_idx, NULL, p_bot_id, p_category,
            p_symbol, p_exec_id, p_order_id, NULL, p_side, p_exec_type, p_exec_price, p_exec_qty, p_commission, 'USDT',
            NULL, p_source, p_exec_qty, p_commission, sha256(p_exec_id::bytea))
    ON CONFLICT (account_id, category, exec_id) DO NOTHING;
    IF p_side = 'Buy' THEN
        INSERT INTO alone_lots
        VALUES (p_account_id, id, fill, fill, p_exec_time, p_side, p_exec_price, 0, p_exec_qty, p_commission, 'USDT');
    ELSE
        INSERT INTO alone_trades
        VALUES (p_account_id, id, fill, fill, p_exec_time, p_exec_time, p_position_idx, p_bot_id, p_category, p_symbol,
                p_side, p_exec_qty, p_exec_price, p_exec_price, p_exec_price, p_commission, p_commission, p_exec_price,
                p_exec_price, 'USDT', 'USDT', 'USDT', 1, NULL, NULL, NULL, p_order_id, p_order_id, NULL, NULL, p_source);
    END IF;
    UPDATE alone_books k
       SET book_seq = n, hash = sha256(p_exec_id::bytea), last_exec_time = p_exec_time, last_exec_id = p_exec_id,
           size = p_exec_qty, updated_at = clock_timestamp()
     WHERE k.account_id = p_account_id AND k.book_id = id;
    RETURN fill;
END
$$;

-- The same for a batch of one book, as the JSON that record_fills() is given.
CREATE FUNCTION batch_alone(p_account_id integer, p_bot_id text, p_category text, p_symbol text, p_position_idx smallint,
                            p_fills json) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b    alone_books;
    last alone_fills;
BEGIN
    INSERT INTO alone_books (account_id, bot_id, category, symbol, position_idx, base_coin, quote_coin, settle_coin,
                             multiplier)
    VALUES (p_account_id, p_bot_id, p_category, p_symbol, p_position_idx, 'BTC', 'USDT', 'USDT', 1)
    ON CONFLICT DO NOTHING;
    SELECT * INTO b FROM alone_books k
     WHERE k.account_id = p_account_id AND k.bot_id = p_bot_id AND k.category = p_category
       AND k.symbol = p_symbol AND k.position_idx = p_position_idx
       FOR NO KEY UPDATE;
    WITH given AS MATERIALIZED (
        SELECT i.*, b.book_seq + row_number() OVER () AS n FROM json_populate_recordset(NULL::alone_fills, p_fills) i
    ), filled AS (
        INSERT INTO alone_fills
        SELECT p_account_id, b.book_id, (b.book_id::bigint << 32) + i.n, i.n, i.exec_time, 0, clock_timestamp(),
               p_position_idx, i.is_maker, p_bot_id, p_category, p_symbol, i.exec_id, i.order_id, i.client_order_id,
               i.side, i.exec_type, i.exec_price, i.exec_qty, i.commission, 'USDT', i.close_reason, i.source,
               i.exec_qty, i.commission, sha256(i.exec_id::bytea)
          FROM given i
        RETURNING *
    ), opened AS (
        INSERT INTO alone_lots
        SELECT f.account_id, f.book_id, f.fill_id, f.fill_id, f.exec_time, f.side, f.exec_price, 0, f.exec_qty,
               f.commission, 'USDT'
          FROM filled f WHERE f.side = 'Buy'
    ), closed AS (
        INSERT INTO alone_trades
        SELECT f.account_id, f.book_id, f.fill_id, f.fill_id, f.exec_time, f.exec_time, f.position_idx, f.bot_id,
               f.category, f.symbol, f.side, f.exec_qty, f.exec_price, f.exec_price, f.exec_price, f.commission,
               f.commission, f.exec_price, f.exec_price, 'USDT', 'USDT', 'USDT', 1, NULL, NULL, NULL, f.order_id,
               f.order_id, NULL, NULL, f.source
          FROM filled f WHERE f.side = 'Sell'
    )
    SELECT * INTO last FROM filled f ORDER BY f.book_seq DESC LIMIT 1;
    UPDATE alone_books k
       SET book_seq = last.book_seq, hash = last.hash, last_exec_time = last.exec_time, last_exec_id = last.exec_id,
           size = last.exec_qty, updated_at = clock_timestamp()
     WHERE k.account_id = b.account_id AND k.book_id = b.book_id;
    RETURN last.fill_id;
END
$$;
