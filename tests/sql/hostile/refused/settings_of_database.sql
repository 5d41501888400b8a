ALTER DATABASE {database} SET search_path = evil
