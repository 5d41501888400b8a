ALTER ROLE {bob} IN DATABASE {database} SET session_replication_role = replica
