SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND %(pid)s = ANY (pg_blocking_pids(pid))
