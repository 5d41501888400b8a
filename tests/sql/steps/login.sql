CREATE ROLE steps_login LOGIN
