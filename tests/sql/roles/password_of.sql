SELECT rolpassword FROM pg_authid WHERE rolname = %(login)s
