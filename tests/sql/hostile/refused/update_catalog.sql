UPDATE pg_class SET relrowsecurity = false WHERE relname = 'fills'
