-- What a batch of one book cannot do without, out of the JSON that record_fills() is given: the book's lock, the rows of the
-- journal with their hash chain, what each fill does, its lots and trades, the book's state, whose the orders are, and the
-- answer. No value is checked, and nobody asked whether the fills or parts of them are known.
CREATE FUNCTION batch_least(p_account_id integer, p_bot_id text, p_category text, p_symbol text, p_position_idx smallint,
                            p_fills json) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    b      trading.books := trading.lock_book(p_account_id, p_bot_id, p_category, p_symbol, p_position_idx);
    p      trading.checkpoint := (b.last_exec_time, b.last_seq, b.last_exec_id,
                                  CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END, b.cycle_id, b.opened, b.closed);
    f      trading.fills;
    fresh  trading.fills[];
    steps  trading.step[];
    lots   trading.lots[];
    trades trading.completed_trades[];
BEGIN
    FOR f IN
        SELECT b.account_id, b.book_id, (b.book_id::bigint << 32) + i.number, i.number,
               i.exec_time, 0, clock_timestamp(), b.position_idx, i.is_maker, b.bot_id, b.category, b.symbol, i.exec_id,
               i.order_id, i.client_order_id, i.side, i.exec_type, i.exec_price, i.exec_qty, i.commission, b.settle_coin,
               i.close_reason, i.source, CASE i.side WHEN 'Buy' THEN i.exec_qty ELSE -i.exec_qty END, i.commission, NULL
          FROM (SELECT *, b.book_seq + row_number() OVER () AS number
                  FROM json_populate_recordset(NULL::trading.fills, p_fills)) i
    LOOP
        f.hash := trading.link(b.hash, trading.canonical(f));
        b.hash := f.hash;
        fresh := fresh || f;
    END LOOP;
    PERFORM trading.other_owners(p_account_id, p_bot_id, p_category, fresh);
    INSERT INTO trading.fills SELECT u.* FROM unnest(fresh) u;
    b.book_seq := f.book_seq;
    steps := ARRAY(SELECT s FROM trading.derive_steps(b.account_id, b.book_id, p, NULL) s);
    lots := ARRAY(SELECT l FROM trading.derive_lots(b, p, steps) l);
    trades := ARRAY(SELECT t FROM trading.derive_trades(b, p, steps) t);
    INSERT INTO trading.lots SELECT l.* FROM unnest(lots) l;
    INSERT INTO trading.completed_trades SELECT t.* FROM unnest(trades) t;
    SELECT b.trades + count(*), b.realized_gross + coalesce(sum(t.gross_pnl), 0), b.realized_net + coalesce(sum(t.net_pnl), 0)
      INTO b.trades, b.realized_gross, b.realized_net FROM unnest(trades) t;
    b := trading.save_book(trading.with_moved_lots(trading.state_after(b, p, NULL, steps), b, p, (0, 0, 0, 0)));
    RETURN trading.batch_result(b, fresh, fresh, lots, trades);
END
$$;
