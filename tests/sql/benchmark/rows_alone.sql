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
