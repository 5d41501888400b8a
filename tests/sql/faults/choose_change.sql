INSERT INTO faults.point (at, waits) VALUES (%(at)s, %(waits)s)
