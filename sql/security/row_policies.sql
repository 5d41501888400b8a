-- A bot's login sees its own bots; readers and the owner see all.
DO $$
DECLARE
    of_bot  text := $p$ (pg_has_role(session_user, 'ledger_reader', 'USAGE') OR trading.may_act_for(account_id, bot_id)) $p$;
    of_book text := $p$ (EXISTS (SELECT FROM trading.books k
                                  WHERE k.account_id = %1$I.account_id AND k.book_id = %1$I.book_id)) $p$;
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['bots', 'books', 'fills', 'funding_payments', 'completed_trades', 'legacy_trades'] LOOP
        EXECUTE format('ALTER TABLE trading.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('DROP POLICY IF EXISTS own_bots ON trading.%I', t);
        EXECUTE format('CREATE POLICY own_bots ON trading.%I FOR SELECT USING %s', t, of_bot);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['lots', 'fill_voids', 'book_rebuilds'] LOOP
        EXECUTE format('ALTER TABLE trading.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('DROP POLICY IF EXISTS own_books ON trading.%I', t);
        EXECUTE format('CREATE POLICY own_books ON trading.%I FOR SELECT USING ' || of_book, t);
    END LOOP;
    -- An order that no bot sent belongs to `external`, as its fills do.
    ALTER TABLE trading.orders ENABLE ROW LEVEL SECURITY;
    DROP POLICY IF EXISTS own_bots ON trading.orders;
    CREATE POLICY own_bots ON trading.orders FOR SELECT
        USING (pg_has_role(session_user, 'ledger_reader', 'USAGE')
               OR trading.may_act_for(account_id, coalesce(bot_id, 'external')));
    -- Reconciliation speaks of whole accounts: it is for the readers, and for the login that reconciles.
    FOREACH t IN ARRAY ARRAY['coverage', 'quarantined_executions', 'reconciliation_runs',
                             'reconciliation_findings', 'equity_snapshots'] LOOP
        EXECUTE format('ALTER TABLE trading.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('DROP POLICY IF EXISTS readers ON trading.%I', t);
        EXECUTE format($p$CREATE POLICY readers ON trading.%I FOR SELECT
                       USING (pg_has_role(session_user, 'ledger_reader', 'USAGE')
                              OR trading.may_act_for(account_id, 'external'))$p$, t);
    END LOOP;
END
$$;
