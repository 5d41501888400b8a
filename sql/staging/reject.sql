INSERT INTO rejected SELECT * FROM refused
