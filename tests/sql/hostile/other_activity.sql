SELECT count(*) FROM pg_stat_activity
 WHERE usename IS DISTINCT FROM current_user AND query NOT IN ('<insufficient privilege>', '')
