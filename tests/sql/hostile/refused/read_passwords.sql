SELECT rolpassword FROM pg_authid
