CREATE ROLE hostile
