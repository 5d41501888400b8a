# Shared by the scripts beside it, which source it from the root of the checkout.
# shellcheck shell=bash

scratch=$(mktemp -d "${TMPDIR:-/tmp}/fl-ci-XXXXXX")
# The servers run as another user when this runs as root, and must reach their directories below it.
chmod 0755 "$scratch"
python=${PYTHON:-python3}
timings=()

# What the caller has set must not decide which servers the tests talk to, nor have each of their programs compile all
# modules anew.
unset LEDGER_DATABASE_URL LEDGER_REDIS_URL LEDGER_ACCOUNT LEDGER_HOME PYTHONPATH VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

# The tests make and drop thousands of databases: where there is room, in memory.
test_files=$scratch
in_memory=/dev/shm
if [[ -w $in_memory && $(df --output=avail --block-size=G "$in_memory" 2>/dev/null | tail -n 1 | tr -dc 0-9) -ge 12 ]]; then
    test_files=$(mktemp -d "$in_memory/fl-ci-XXXXXX")
    chmod 0755 "$test_files"
fi

# phase TITLE COMMAND...: run the command, and tell how long it took.
phase() {
    local title=$1 started=$SECONDS
    shift
    printf '\n=== %s\n' "$title"
    "$@"
    timings+=("$(printf '%5d s  %s' $((SECONDS - started)) "$title")")
    printf -- '--- %s: %d s\n' "$title" $((SECONDS - started))
}

new_environment() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
    # The pip that comes with an old Python takes half as long again.
    "$python" -m venv --upgrade-deps "$scratch/venv"
    PATH=$scratch/venv/bin:$PATH
}

# run_tests NAME ARGUMENT...: run pytest, and remember its closing line. Running no test is a failure (pytest exits 5).
closing_lines=()
run_tests() {
    local name=$1
    shift
    TMPDIR=$test_files pytest "$@" | tee "$scratch/$name.log"
    closing_lines+=("$name:" "$(tail -n 1 "$scratch/$name.log")")
}

summary() {
    printf '\n=== durations (%d s in all)\n' "$SECONDS"
    printf '%s\n' "${timings[@]}"
    printf '\n'
    printf '%s\n' "${closing_lines[@]}"
}
