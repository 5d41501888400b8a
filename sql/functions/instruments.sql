-- Base, quote and settle coin as a Bybit symbol spells them; an instruments row has precedence.
-- https://bybit-exchange.github.io/docs/v5/enum#symbol
CREATE OR REPLACE FUNCTION trading.coins_of(p_category text, p_symbol text,
                                            OUT base_coin text, OUT quote_coin text, OUT settle_coin text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    parts text[];
BEGIN
    IF p_category = 'inverse' THEN  -- BTCUSD, BTCUSDH26
        parts := regexp_match(p_symbol, '^([A-Z0-9]+?)(USD)(?:[FGHJKMNQUVXZ]\d\d)?$');
        base_coin := coalesce(parts[1], p_symbol);
        quote_coin := 'USD';
        settle_coin := base_coin;
        RETURN;
    END IF;
    IF p_category = 'option' OR p_symbol ~ '^[A-Z0-9]+(PERP|-\d)' THEN  -- BTC-29DEC23-40000-C[-USDT], BTCPERP
        base_coin := coalesce((regexp_match(p_symbol, '^([A-Z0-9]+?)(?:USDT|USDC)?(?:PERP|-|$)'))[1], p_symbol);
        quote_coin := CASE WHEN p_symbol ~ '(-USDT$|USDT-)' THEN 'USDT' ELSE 'USDC' END;
    ELSE
        parts := regexp_match(p_symbol, '^(.+?)[-/_]?(USDT|USDC|USDE|USD1|USDQ|USDR|DAI|EUR|BRL|TRY|PLN|BRZ|AED|'
                                        || 'USD|BTC|ETH|SOL|MNT|BNB)(?:[-:].*)?$');
        base_coin := coalesce(parts[1], p_symbol);
        quote_coin := coalesce(parts[2], 'USDT');
    END IF;
    settle_coin := quote_coin;
END
$$;

-- States what an instrument is. A multiplier that differs from the one that a book's P&L was computed
-- with is refused: it would change history silently.
CREATE OR REPLACE FUNCTION trading.register_instrument(
    p_account_id integer, p_bot_id text, p_category text, p_symbol text, p_base_coin text, p_quote_coin text,
    p_settle_coin text, p_multiplier numeric, p_qty_step numeric, p_tick_size numeric,
    p_contract_type text, p_status text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    guess record := trading.coins_of(p_category, p_symbol);
    used  trading.books;
    row   trading.instruments;
    known trading.instruments;
BEGIN
    PERFORM trading.require_bot(p_account_id, p_bot_id);
    PERFORM trading.require_name('symbol', p_symbol);
    IF p_multiplier >= 1e30 OR scale(p_multiplier) > 30 THEN
        PERFORM trading.raise_invalid('multiplier', left(p_multiplier::text, 255), p_symbol,
                                      'at most 30 digits before and after the point');
    END IF;
    row.base_coin := coalesce(p_base_coin, guess.base_coin);
    row.quote_coin := coalesce(p_quote_coin, guess.quote_coin);
    row.settle_coin := coalesce(p_settle_coin, guess.settle_coin);
    row.multiplier := coalesce(p_multiplier, 1);
    SELECT * INTO known FROM trading.instruments i
     WHERE i.account_id = p_account_id AND i.category = p_category AND i.symbol = p_symbol;
    -- What all bots of the account compute with is not one bot's to change.
    IF FOUND AND NOT pg_has_role(session_user, 'ledger_owner', 'USAGE')
       AND NOT pg_has_role(session_user, 'ledger_service', 'USAGE')  -- it repeats what the venue says
       AND (row.multiplier, row.base_coin, row.quote_coin, row.settle_coin)
           <> (known.multiplier, known.base_coin, known.quote_coin, known.settle_coin) THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = format('login %s may not change what %s %s is: it counts for all bots of the account',
                             session_user, p_category, p_symbol),
            HINT = 'register the instrument with a login that is a member of ledger_owner';
    END IF;
    SELECT * INTO used FROM trading.books b
     WHERE b.account_id = p_account_id AND b.category = p_category AND b.symbol = p_symbol
       AND (b.multiplier, b.base_coin, b.quote_coin, b.settle_coin)
           IS DISTINCT FROM (row.multiplier, row.base_coin, row.quote_coin, row.settle_coin)
       AND b.book_seq > 0
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'FL008',
            MESSAGE = format('instrument %s %s differs from what bot %s already booked with', p_category, p_symbol,
                             used.bot_id),
            DETAIL = json_build_object('symbol', p_symbol, 'category', p_category,
                'booked', json_build_object('multiplier', trim_scale(used.multiplier)::text, 'base_coin', used.base_coin,
                                            'quote_coin', used.quote_coin, 'settle_coin', used.settle_coin),
                'given', json_build_object('multiplier', trim_scale(row.multiplier)::text, 'base_coin', row.base_coin,
                                           'quote_coin', row.quote_coin, 'settle_coin', row.settle_coin));
    END IF;
    INSERT INTO trading.instruments AS i
    VALUES (p_account_id, p_category, p_symbol, row.base_coin, row.quote_coin, row.settle_coin, row.multiplier,
            p_qty_step, p_tick_size, p_contract_type, p_status, now())
    ON CONFLICT (account_id, category, symbol) DO UPDATE
       SET base_coin = excluded.base_coin, quote_coin = excluded.quote_coin, settle_coin = excluded.settle_coin,
           multiplier = excluded.multiplier, qty_step = excluded.qty_step, tick_size = excluded.tick_size,
           contract_type = excluded.contract_type, status = excluded.status, updated_at = now();
    UPDATE trading.books b
       SET multiplier = row.multiplier, base_coin = row.base_coin, quote_coin = row.quote_coin,
           settle_coin = row.settle_coin
     WHERE b.account_id = p_account_id AND b.category = p_category AND b.symbol = p_symbol AND b.book_seq = 0;
END
$$;
