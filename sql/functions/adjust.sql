-- Books an adjustment, if the line still is as it was compared: `p_seen` has the book_seq of each of its books, by bot; one
-- that is not named had nothing. All of the line is locked, new books included, so that whatever else is recorded is
-- either known to the comparison or of a later time of recording. NULL, with nothing written, if the line has changed.
CREATE OR REPLACE FUNCTION trading.record_adjustment(
    p_account_id integer, p_bot_id text, p_category text, p_symbol text, p_position_idx smallint, p_side text,
    p_exec_qty numeric, p_exec_time timestamptz, p_exec_id text, p_seen jsonb, p_announced text[] DEFAULT NULL)
RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    PERFORM trading.queue_for_book(p_account_id, p_bot_id, p_category, p_symbol, p_position_idx);
    PERFORM trading.lock_new_books(p_account_id, p_category, p_symbol, p_position_idx, true);
    PERFORM FROM trading.books k
      WHERE k.account_id = p_account_id AND k.category = p_category AND k.symbol = p_symbol
        AND k.position_idx = p_position_idx
      ORDER BY k.book_id FOR NO KEY UPDATE;
    -- What is there already is this adjustment, asked for again.
    IF NOT EXISTS (SELECT FROM trading.execution_of(p_account_id, p_category, p_exec_id))
       AND EXISTS (SELECT FROM trading.books k
                    WHERE k.account_id = p_account_id AND k.category = p_category AND k.symbol = p_symbol
                      AND k.position_idx = p_position_idx
                      AND k.book_seq <> coalesce((p_seen ->> k.bot_id)::bigint, 0))
    THEN
        RETURN NULL;
    END IF;
    RETURN trading.record_fill(
        p_account_id, p_bot_id, p_bot_id, p_category, p_symbol, p_position_idx, p_side, NULL, p_exec_qty, p_exec_time,
        p_exec_id, NULL, NULL, 0, NULL, 'adjustment', NULL, NULL, 'Adjustment', 'reconciler', NULL, p_announced);
END
$$;

-- Takes back an adjustment that executions booked after it, by whomever, have made wrong. NULL if it does not count any
-- more.
CREATE OR REPLACE FUNCTION trading.take_back_adjustment(p_account_id integer, p_fill_id bigint, p_cause_fill_id bigint,
                                                        p_announced text[] DEFAULT NULL) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    a trading.fills;
    b trading.books;
BEGIN
    SELECT * INTO a FROM trading.fill_of(p_account_id, p_fill_id);
    PERFORM trading.require_bot(p_account_id, coalesce(a.bot_id, 'external'));
    IF a.exec_type IS DISTINCT FROM 'Adjustment' THEN
        PERFORM trading.raise_invalid('fill_id', p_fill_id::text, a.exec_id, 'an adjustment');
    END IF;
    PERFORM trading.require_announced(a.bot_id, a.category, a.symbol, a.position_idx, p_announced);
    b := trading.lock_book(p_account_id, a.bot_id, a.category, a.symbol, a.position_idx);
    IF EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = p_account_id AND v.fill_id = p_fill_id) THEN
        RETURN NULL;
    END IF;
    RETURN trading.fill_result(trading.void_adjustment(b, a, p_cause_fill_id), a, false);
END
$$;
