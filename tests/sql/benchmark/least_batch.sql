-- What a batch of one book cannot do without, out of the JSON that record_fills() is given: the book's lock, the rows of the
-- journal with their hash chain, what each fill does, its lots and trades, the book's state, whose the orders are, and the
-- answer. No value is checked, and nobody asked whether the fills or parts of them are known.
CREATE FUNCTION batch_least(p_account_id integer, p_bot_id text, p_category text, p_symbol text, p_position_idx smallint,
                            p_fills json) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b     trading.books := trading.lock_book(p_account_id, p_bot_id, p_category, p_symbol, p_position_idx);
    chain bytea := b.hash;
    f     trading.fills;
    fresh trading.fills[];
BEGIN
    FOR f IN
        SELECT b.account_id, b.book_id, (b.book_id::bigint << 32) + i.number, i.number,
               i.exec_time, 0, clock_timestamp(), b.position_idx, i.is_maker, b.bot_id, b.category, b.symbol, i.exec_id,
               i.order_id, i.client_order_id, i.side, i.exec_type, i.exec_price, i.exec_qty, i.commission, b.settle_coin,
               i.close_reason, i.source, CASE i.side WHEN 'Buy' THEN i.exec_qty ELSE -i.exec_qty END, i.commission, NULL
          FROM (SELECT *, b.book_seq + row_number() OVER () AS number
                  FROM json_populate_recordset(NULL::trading.fills, p_fills)) i
    LOOP
        f.hash := trading.link(chain, trading.canonical(f));
        chain := f.hash;
        fresh := fresh || f;
    END LOOP;
    PERFORM trading.other_owners(p_account_id, p_bot_id, p_category, fresh);
    INSERT INTO trading.fills SELECT u.* FROM unnest(fresh) u;
    RETURN trading.apply_batch(b, fresh, fresh);
END
$$;
