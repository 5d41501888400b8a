SELECT current_setting('server_version') AS version, current_database()::text AS database,
       session_user::text AS login, pg_database_size(current_database()) AS size_bytes
