-- The bots that have ever sent a heartbeat, and how long they have been silent.
SELECT b.bot_id, b.last_heartbeat, extract(epoch FROM now() - b.last_heartbeat) AS seconds,
       b.last_heartbeat < now() - make_interval(secs => %(silent_after)s) AS silent
  FROM trading.bots b
 WHERE b.account_id = %(account_id)s AND b.last_heartbeat IS NOT NULL
 ORDER BY b.bot_id
