-- Takes a payment out of the book that it was booked in and books it in that of the bot to whom it belongs, in one
-- transaction. Nothing in a journal is edited: its reversal is booked beside it as `reversal:<execution id>`, and it itself
-- for the other bot as `<execution id>:<bot>`, both for its own time. False if it does not count any more.
CREATE OR REPLACE FUNCTION trading.reassign_cash(p_account_id integer, p_category text, p_exec_id text, p_bot_id text,
                                                 p_source text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    p        trading.funding_payments;
    reversal trading.funding_payments;
    here     trading.books;
    there    trading.books;
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    SELECT * INTO p FROM trading.payment_of(p_account_id, p_category, p_exec_id);
    IF NOT FOUND OR p.bot_id = p_bot_id OR p.exec_id LIKE 'reversal:%' THEN
        PERFORM trading.raise_invalid('exec_id', p_exec_id, p_exec_id, 'a payment in the book of another bot');
    END IF;
    PERFORM trading.require_bot(p_account_id, p.bot_id);
    there := trading.lock_book(p_account_id, p_bot_id, p.category, p.symbol, p.position_idx);
    here := trading.lock_other_book(there, p.book_id);
    p.source := p_source;
    reversal := p;
    reversal.exec_id := 'reversal:' || p.exec_id;
    reversal.amount := -p.amount;
    IF NOT trading.journal_cash(here, reversal) THEN
        PERFORM trading.drop_empty_book(there);
        RETURN false;
    END IF;
    p.exec_id := p.exec_id || ':' || p_bot_id;
    IF NOT trading.journal_cash(there, p) THEN
        PERFORM trading.raise_conflict(p.exec_id, json_build_object('exec_id', json_build_object(
            'stored', 'another payment', 'given', p.exec_id)));
    END IF;
    RETURN true;
END
$$;
