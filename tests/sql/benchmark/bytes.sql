-- Bytes for each fill, indexes and all. An empty table has a page or two in each of its indexes.
WITH sizes AS (
    SELECT c.relname, pg_total_relation_size(c.oid) AS size
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'trading' AND c.relkind = 'r'
), fills AS (
    SELECT count(*)::numeric AS count FROM trading.fills
)
SELECT (SELECT sum(size) FROM sizes) / count AS ledger,
       (SELECT size FROM sizes WHERE relname = 'fills') / count AS fills,
       (SELECT size FROM sizes WHERE relname = 'lots') / count AS lots,
       (SELECT size FROM sizes WHERE relname = 'completed_trades') / count AS completed_trades,
       (SELECT size FROM sizes WHERE relname = 'books') / count AS books,
       pg_total_relation_size('bare') / count AS bare
  FROM fills
