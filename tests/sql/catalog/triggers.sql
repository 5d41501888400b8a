SELECT c.relname AS object, t.tgname AS part, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid)) AS definition
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = 'trading'::regnamespace AND NOT t.tgisinternal
