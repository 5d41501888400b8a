SELECT t.typname AS object, t.typtype::text AS part, obj_description(t.oid) AS definition
  FROM pg_type t WHERE t.typnamespace = 'trading'::regnamespace
