ALTER ROLE {alice} SET search_path = evil
