# Private servers from Debian's packages, on Unix sockets in the scratch directory.
# shellcheck shell=bash

postgres_programs=/usr/lib/postgresql/15/bin
debian_home=$scratch/debian
debian_problem=""
debian_database_url="postgresql://postgres@/postgres?host=$debian_home"
debian_redis_url="unix://$debian_home/redis.sock"

# What a server's version can change: the SQL and its plans, rights, locks, the cache. The venue's side, what
# commands print and the embedded servers' own tests would only repeat themselves. Of the reconciler, what it stores and
# what it does with rights and in transactions; tests/integration/test_queries.py has the server read every query.
# The clocks need libfaketime, the pooler PgBouncer, which come with these servers; without them those are skipped.
debian_tests=(
    tests/integration/test_cache.py
    tests/integration/test_{accounts,book,checked,hash,invariants,migrations,open,pgbouncer,plans,queries}*.py
    tests/integration/reconcile/test_logins.py
    tests/acceptance/history/test_same_as_live.py
    tests/acceptance/test_{backup,bot_login,fifo_cases,roles,sequence}.py
    tests/acceptance/cli/test_{login,strays}.py
    'tests/faults/test_quick.py::test_a_sample[clock_jumps]'
    'tests/faults/test_quick.py::test_a_sample[pooler]'
)

# Neither server should be run by root, and PostgreSQL refuses. The checkout may be closed to the other user.
as_server_user() (
    cd "$debian_home/.."
    if [[ $(id -u) -eq 0 ]]; then
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"
    fi
    exec "$@"
)

have_debian_servers() { [[ -x $postgres_programs/postgres ]] && command -v redis-server >/dev/null; }

have_extras() { command -v pgbouncer && compgen -G '/usr/lib/*/faketime/libfaketime.so.1'; } >/dev/null

install_debian_servers() {
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "not root, or no apt-get"
        return 1
    fi
    # Runlevel 1 keeps the packages from starting servers of their own.
    export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql-15 redis-server || return 1
    for extra in libfaketime pgbouncer; do
        apt-get install -y -qq --no-install-recommends "$extra" || echo "no $extra"
    done
}

# Where the servers cannot be had this sets debian_problem; one that is there and does not start ends the run.
start_debian_servers() {
    if ! { have_debian_servers && have_extras; } && ! install_debian_servers >"$scratch/apt.log" 2>&1 &&
        ! have_debian_servers; then
        tail -n 5 "$scratch/apt.log" >&2
        debian_problem="Debian's PostgreSQL 15 and Redis could not be installed"
        return
    fi
    install -d -m 0700 "$debian_home"
    if [[ $(id -u) -eq 0 ]]; then chown nobody:nogroup "$debian_home"; fi
    start_debian_postgres
    start_debian_redis
}

start_debian_postgres() {
    as_server_user "$postgres_programs/initdb" --pgdata="$debian_home/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 >"$scratch/initdb.log"
    local options="-c listen_addresses='' -c unix_socket_directories='$debian_home' -c max_connections=200"
    as_server_user "$postgres_programs/pg_ctl" start --wait --silent --pgdata="$debian_home/data" \
        --log="$debian_home/postgres.log" --options="$options"
    "$postgres_programs/postgres" --version
}

start_debian_redis() {
    as_server_user redis-server --daemonize yes --port 0 --unixsocket "$debian_home/redis.sock" \
        --unixsocketperm 700 --dir "$debian_home" --logfile "$debian_home/redis.log" --save '' --appendonly no
    redis-server --version
    for _ in {1..50}; do
        if [[ $(redis-cli -s "$debian_home/redis.sock" ping 2>&1) == PONG ]]; then return; fi
        sleep 0.1
    done
    cat "$debian_home/redis.log" >&2
    return 1
}

stop_debian_servers() {
    if [[ -S $debian_home/redis.sock ]]; then redis-cli -s "$debian_home/redis.sock" shutdown nosave; fi
    if [[ -f $debian_home/data/postmaster.pid ]]; then
        as_server_user "$postgres_programs/pg_ctl" stop --silent --mode=fast --pgdata="$debian_home/data"
    fi
}
