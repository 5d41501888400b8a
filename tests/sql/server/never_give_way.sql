-- Whoever waits longest looks for a deadlock and ends it by giving up: here always the other one.
SET LOCAL deadlock_timeout = '10min'
