ALTER TABLE old_bots.fills ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA old_bots TO {reader};
GRANT SELECT ON old_bots.fills TO {reader};
CREATE POLICY own ON old_bots.fills USING (bot_id = current_user)
