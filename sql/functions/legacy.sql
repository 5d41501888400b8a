-- Trades of earlier systems: kept as they were, beside the ledger's own.

-- Keeps completed trades of an earlier system, given as a list of objects with the names of the table's columns. A row
-- that is there already is left as it is: with the same content it counts as unchanged, with another it is reported,
-- field by field. `raw` says where a row comes from and is not compared.
-- What the login may not see is not told.
CREATE OR REPLACE FUNCTION trading.import_legacy_trades(p_account_id integer, p_source text, p_trades jsonb,
                                                        OUT written bigint, OUT unchanged bigint, OUT conflicts json)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ours  jsonb := jsonb_build_object('account_id', p_account_id, 'source', p_source, 'imported_at', clock_timestamp());
    given trading.legacy_trades[];
BEGIN
    SELECT coalesce(array_agg(jsonb_populate_record(NULL::trading.legacy_trades, t || ours)), '{}')
      INTO given FROM jsonb_array_elements(p_trades) t;
    PERFORM trading.require_bot(p_account_id, g.bot_id) FROM (SELECT DISTINCT bot_id FROM unnest(given)) g;
    PERFORM trading.raise_invalid('trade', left(g.legacy_id, 255), left(g.legacy_id, 255),
                                  'of times from 0001-01-02 to 9999-12-30 UTC and numbers below 1e30')
       FROM unnest(given) g
      WHERE g.exit_time < '0001-01-02 00:00+00' OR g.exit_time >= '9999-12-31 00:00+00'
         OR g.entry_time < '0001-01-02 00:00+00' OR g.entry_time >= '9999-12-31 00:00+00'
         OR greatest(g.quantity, g.entry_price, g.exit_price, abs(g.gross_pnl), abs(g.net_pnl), abs(g.commission)) >= 1e30;
    INSERT INTO trading.legacy_trades SELECT * FROM unnest(given) ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS written = ROW_COUNT;
    SELECT coalesce(json_agg(json_build_object('legacy_id', d.legacy_id, 'fields', d.fields)), '[]') INTO conflicts
      FROM (SELECT g.legacy_id, trading.differing_fields(to_jsonb(k) - ARRAY['raw', 'imported_at'],
                                                         to_jsonb(g) - ARRAY['raw', 'imported_at'],
                                                         NOT trading.may_act_for(k.account_id, k.bot_id)) AS fields
              FROM unnest(given) g
              JOIN trading.legacy_trades k USING (account_id, source, legacy_id)) d
     WHERE d.fields IS NOT NULL;
    unchanged := cardinality(given) - written - json_array_length(conflicts);
END
$$;

-- The fields in which two objects of the same fields differ, with what is stored, unless that is hidden, and what was
-- given; NULL without any. Numbers are compared by value: 1.0 is 1.
CREATE OR REPLACE FUNCTION trading.differing_fields(stored jsonb, given jsonb, hidden boolean) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT json_object_agg(s.key, json_build_object('stored', CASE WHEN hidden THEN 'hidden' ELSE stored ->> s.key END,
                                                    'given', given ->> s.key))
      FROM jsonb_each(stored) s
     WHERE s.value IS DISTINCT FROM given -> s.key
$$;

-- The leg of the position that a trade belongs to. Where the earlier system did not say: the one-way book if the bot has
-- one, else the book that holds positions of that side, else one-way.
CREATE OR REPLACE FUNCTION trading.leg_of(l trading.legacy_trades) RETURNS smallint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(l.position_idx,
                    (SELECT k.position_idx FROM trading.books k
                      WHERE k.account_id = l.account_id AND k.bot_id = l.bot_id AND k.category = l.category
                        AND k.symbol = l.symbol AND k.position_idx IN (0, CASE l.side WHEN 'Buy' THEN 1 ELSE 2 END)
                      ORDER BY k.position_idx LIMIT 1),
                    0::smallint)
$$;
