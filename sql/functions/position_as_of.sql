-- The position at a moment, replayed from the journal since the last point before it where one cycle began.
CREATE OR REPLACE FUNCTION trading.position_as_of(p_account_id integer, p_bot_id text, p_category text,
                                                  p_symbol text, p_position_idx smallint, p_at timestamptz)
RETURNS json
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    b     trading.books;
    p     trading.checkpoint;
BEGIN
    SELECT * INTO b FROM trading.books k
     WHERE k.account_id = p_account_id AND k.bot_id = p_bot_id AND k.category = p_category
       AND k.symbol = p_symbol AND k.position_idx = p_position_idx;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    p := trading.checkpoint_before(b, p_at, 0, '');
    b := trading.state_after(b, p, p_at);
    -- Lots never change once they are opened: those on this part of the axis are as they were then.
    b := trading.with_open_lots(b);
    SELECT coalesce(sum(t.net_pnl), 0) INTO b.realized_net
      FROM trading.fills_until(b.account_id, b.book_id, p_at) f
     CROSS JOIN LATERAL trading.trades_of(f.account_id, f.fill_id) t;
    SELECT coalesce(sum(trading.dust_of(b, f)), 0), max(f.book_seq) INTO b.dust_qty, b.book_seq
      FROM trading.fills_until(b.account_id, b.book_id, p_at) f
     WHERE NOT EXISTS (SELECT FROM trading.fill_voids v
                        WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id);
    b.book_seq := coalesce(b.book_seq, 0);
    b.updated_at := p_at;
    RETURN trading.position_of(b);
END
$$;
