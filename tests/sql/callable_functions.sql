SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'trading'::regnamespace AND prosecdef ORDER BY proname
