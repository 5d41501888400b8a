-- Takes a fill out of the book that it was booked in and books it in that of the bot to whom it belongs, in one
-- transaction: the first is voided, the second stands for the same execution as `<execution id>:<bot>`. NULL if it does
-- not count any more.
CREATE OR REPLACE FUNCTION trading.reassign_fill(p_account_id integer, p_fill_id bigint, p_bot_id text,
                                                 p_announced text[] DEFAULT NULL) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    f     trading.fills;
    moved trading.fills;
    here  trading.books;
    there trading.books;
    v     trading.fill_voids;
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    SELECT * INTO f FROM trading.fill_of(p_account_id, p_fill_id);
    IF NOT FOUND OR f.bot_id = p_bot_id OR trading.is_order_level(f.exec_id) THEN
        PERFORM trading.raise_invalid('fill_id', p_fill_id::text, f.exec_id, 'an execution in the book of another bot');
    END IF;
    PERFORM trading.require_bot(p_account_id, f.bot_id);
    PERFORM trading.require_announced(f.bot_id, f.category, f.symbol, f.position_idx, p_announced);
    PERFORM trading.require_announced(p_bot_id, f.category, f.symbol, f.position_idx, p_announced);
    IF f.order_id IS NOT NULL THEN
        PERFORM trading.lock_order(p_account_id, f.order_id);
    END IF;
    there := trading.lock_book(p_account_id, p_bot_id, f.category, f.symbol, f.position_idx);
    here := trading.lock_other_book(there, f.book_id);
    IF EXISTS (SELECT FROM trading.fill_voids k WHERE k.account_id = p_account_id AND k.fill_id = p_fill_id) THEN
        PERFORM trading.drop_empty_book(there);
        RETURN NULL;
    END IF;
    moved := f;
    moved.book_id := there.book_id;
    moved.bot_id := p_bot_id;
    moved.exec_id := f.exec_id || ':' || p_bot_id;
    moved := trading.journal_fill(there, trading.valued(there, moved));
    there.book_seq := moved.book_seq;
    there.hash := moved.hash;
    there.dust_qty := there.dust_qty + trading.dust_of(there, moved);
    v := trading.journal_void(here, f.fill_id, moved.fill_id, 'booked to its bot', NULL);
    here.book_seq := v.book_seq;
    here.hash := v.hash;
    here.dust_qty := here.dust_qty - trading.dust_of(here, f);
    PERFORM trading.rebuild_from(here, trading.checkpoint_before(here, f.exec_time, f.seq, f.exec_id),
                                 'booked to its bot', moved.fill_id);
    there := trading.rebuild_from(there, trading.checkpoint_before(there, moved.exec_time, moved.seq, moved.exec_id),
                                  'booked to its bot', moved.fill_id);
    RETURN trading.fill_result(there, moved, false);
END
$$;
