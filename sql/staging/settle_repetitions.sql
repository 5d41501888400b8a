-- Of rows with one identity the first counts. One that says the same is a repetition, one that does not a conflict; parts
-- of a whole order are neither: they are summed up afterwards. Most rows are alone, so only the others are compared.
CREATE TABLE shared AS
SELECT category, exec_id FROM identified GROUP BY ALL HAVING count(*) > 1;

CREATE TABLE compared AS
WITH numbered AS (
    SELECT i.*, row_number() OVER w AS nth, first_value(n) OVER w AS first_n
      FROM identified i SEMI JOIN shared s ON s.category = i.category AND s.exec_id = i.exec_id
    WINDOW w AS (PARTITION BY i.category, i.exec_id ORDER BY i.n)
), beside_first AS (
    SELECT a.*, f.origin AS first_origin, f.line AS first_line,
           list_filter([
               CASE WHEN a.symbol <> f.symbol THEN 'symbol' END,
               CASE WHEN a.position_idx <> f.position_idx THEN 'position_idx' END,
               CASE WHEN a.side <> f.side THEN 'side' END,
               CASE WHEN a.exec_type <> f.exec_type THEN 'exec_type' END,
               CASE WHEN NOT a.whole_order AND a.exec_price IS DISTINCT FROM f.exec_price THEN 'exec_price' END,
               CASE WHEN NOT a.whole_order AND a.exec_qty IS DISTINCT FROM f.exec_qty THEN 'exec_qty' END,
               CASE WHEN NOT a.whole_order AND a.commission <> f.commission THEN 'commission' END,
               CASE WHEN NOT a.whole_order AND a.exec_time <> f.exec_time THEN 'exec_time' END,
               CASE WHEN a.seq <> 0 AND f.seq <> 0 AND a.seq <> f.seq THEN 'seq' END,
               CASE WHEN a.order_id <> f.order_id THEN 'order_id' END,
               CASE WHEN a.client_order_id <> f.client_order_id THEN 'client_order_id' END,
               CASE WHEN a.commission_asset <> f.commission_asset THEN 'commission_asset' END
           ], lambda x: x IS NOT NULL) AS differs
      FROM numbered a JOIN numbered f ON f.n = a.first_n
)
SELECT c.* EXCLUDE (nth, first_n),
       CASE WHEN c.nth = 1 THEN 'counts'
            WHEN len(c.differs) > 0 THEN 'conflict'
            WHEN NOT c.whole_order THEN 'repetition'
            WHEN row_number() OVER (PARTITION BY c.category, c.exec_id, c.side, c.exec_price, c.exec_qty
                                    ORDER BY c.n) > 1 THEN 'repetition'
            ELSE 'part' END AS verdict,
       1 AS parts
  FROM beside_first c;

CREATE VIEW judged AS
SELECT i.*, NULL::VARCHAR AS first_origin, NULL::BIGINT AS first_line, NULL::VARCHAR[] AS differs, 'counts' AS verdict,
       1 AS parts
  FROM identified i ANTI JOIN shared s ON s.category = i.category AND s.exec_id = i.exec_id
UNION ALL BY NAME
SELECT * FROM compared
