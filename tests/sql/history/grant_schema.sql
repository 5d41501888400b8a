GRANT USAGE ON SCHEMA old_bots TO {reader}
