# shellcheck shell=bash
# contenders.sh: how each contender is started, filled, measured, checked and stopped. Sourced by scripts/compare, whose
# variables (work, parts, accounts, seconds, server, client) it uses.
# shellcheck disable=SC2154

LOADS=("50 1" "50 16" "50 100" "8 512") # connections and depth; the last two are the deep ones
POSTGRES=/usr/lib/postgresql/15/bin
REDIS_OPTIONS=(--appendonly yes --appendfsync always --save "" --auto-aof-rewrite-percentage 0)
BURSAR_OPTIONS=(--durability sync --workers 1)
REDIS_OPTIONS_SHOWN="--appendonly yes --appendfsync always --save '' --auto-aof-rewrite-percentage 0"

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Runs a client so that a signal to the script ends both at once.
run() {
    "$@" &
    client=$!
    local status=0
    wait "$client" || status=$?
    client=
    return "$status"
}

await() { # await COMMAND...: until it succeeds
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then
            return 0
        fi
        if ! kill -0 "$server" 2>/dev/null; then
            break
        fi
        sleep 0.05
    done
    echo "compare: the server did not come up:" >&2
    tail -n 20 "$work/log" >&2
    return 1
}

stop() {
    kill -INT "$server"
    wait "$server" || true
    server=
}

keep_total() { # keep_total NAME FOUND EXPECTED
    if [ "$2" != "$3" ]; then
        echo "compare: all balances of $1 add up to $2 after the run, and should to $3" >&2
        return 1
    fi
    echo "$1: all balances add up to $2 after the run as before it" >>"$work/totals"
}

keep_result() { # keep_result CONTENDER KIND CONNECTIONS DEPTH, then a line of rate and half's latency on stdin
    local rate half
    read -r rate half
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$rate" "$half" >>"$work/results"
}

generator() { # generator SECONDS OPTION...: rate and half's latency in microseconds
    local duration=$1
    shift
    run build/bursar -p "$port" bench --json -d "$duration" -a "$accounts" --no-setup "$@" \
        >"$work/json" 2>"$work/generator.log" || { tail -n 5 "$work/generator.log" >&2 && return 1; }
    python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))
if result["rejected"] != 0:
    sys.exit("compare: %d transfers were rejected" % result["rejected"])
print(result["requests_per_second"], result["latency_us"]["p50"])' "$work/json"
}

measure_all() { # measure_all CONTENDER KIND OPTION...: with the generator
    local contender=$1 kind=$2 connections depth load
    shift 2
    for load in "${LOADS[@]}"; do
        read -r connections depth <<<"$load"
        generator "$seconds" -c "$connections" -P "$depth" "$@" >"$work/line"
        keep_result "$contender" "$kind" "$connections" "$depth" <"$work/line"
    done
}

bursar_start() { # bursar_start HOT: with an account of that kind, unlimited or limited
    rm -rf "$work/bursar"
    build/bursard --dir "$work/bursar" --port 0 "${BURSAR_OPTIONS[@]}" 2>"$work/log" &
    server=$!
    await grep -q ' port [0-9]' "$work/log"
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/log" | head -n 1)
    # Opens the accounts, gives each 1,000,000, and makes one transfer.
    run build/bursar -p "$port" bench -c 1 -P 1 -n 1 -a "$accounts" --hot "$1" >/dev/null 2>&1
    # As PostgreSQL gets a checkpoint: what filling it left to do is not measured.
    run build/bursar -p "$port" save >/dev/null
    generator "$seconds" -c 50 -P 16 >"$work/line"
}

# What all accounts have together is what @world owes. The generator has asked for the trial balance besides.
bursar_stop() {
    local owed
    owed=$(build/bursar -p "$port" balance @world/USD)
    keep_total bursar "${owed#-}" "$((accounts * 1000000)).00"
    stop
    rm -rf "$work/bursar"
}

round_bursar() {
    bursar_start unlimited
    measure_all bursar uniform
    measure_all bursar hot --hot unlimited
    bursar_stop
    bursar_start limited
    measure_all "bursar, limited" hot --hot limited
    bursar_stop
}

redis_accounts() { # the protocol that opens them
    awk -v accounts="$accounts" 'BEGIN {
        for (i = 0; i < accounts; i++)
            printf "*3\r\n$3\r\nSET\r\n$15\r\nbench:%09d\r\n$7\r\n1000000\r\n", i
        printf "*3\r\n$3\r\nSET\r\n$9\r\nbench:hot\r\n$1\r\n0\r\n"
    }'
}

round_redis() {
    mkdir "$work/redis"
    port=$(free_port)
    redis-server --bind 127.0.0.1 --port "$port" --dir "$work/redis" "${REDIS_OPTIONS[@]}" >"$work/log" 2>&1 &
    server=$!
    await redis-cli -p "$port" ping
    redis_accounts | redis-cli -p "$port" --pipe >/dev/null
    local sha
    sha=$(redis-cli -p "$port" script load "$(cat "$parts/redis.lua")")
    echo "1 EVALSHA $sha 3 <id> <account> <other> <amount>" >"$work/uniform.mix"
    echo "1 EVALSHA $sha 3 <id> <account> <hot> <amount>" >"$work/hot.mix"
    generator "$seconds" -c 50 -P 16 --no-check --mix "$work/uniform.mix" >"$work/line"
    measure_all redis uniform --no-check --mix "$work/uniform.mix"
    measure_all redis hot --no-check --mix "$work/hot.mix"
    keep_total Redis "$(redis-cli -p "$port" eval "$(cat "$parts/redis-total.lua")" 0 "$accounts")" \
        "$((accounts * 1000000))"
    stop
    rm -rf "$work/redis"
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
    fi
    exec "$@"
}

postgres_start() {
    mkdir "$work/postgres"
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres "$work/postgres"
    fi
    if ! (as_postgres "$POSTGRES/initdb" -D "$work/postgres/data" -U bench -A trust --no-locale -E UTF8) >"$work/log" 2>&1; then
        echo "compare: initdb failed (can the user postgres reach $work?):" >&2
        tail -n 5 "$work/log" >&2
        return 1
    fi
    port=$(free_port)
    {
        cat "$parts/postgres.conf"
        echo "port = $port"
        echo "unix_socket_directories = ''"
    } >>"$work/postgres/data/postgresql.conf"
    (cd "$work/postgres" && as_postgres "$POSTGRES/postgres" -D data) >"$work/log" 2>&1 &
    server=$!
    await "$POSTGRES/pg_isready" -q -h 127.0.0.1 -p "$port"
    sql -v accounts="$accounts" -f "$parts/postgres.sql" >/dev/null
    # A server that has run for a while writes its log into files that it has already, and need not make them: 1.5 GB of
    # messages that mean nothing leave such files behind, at the second checkpoint.
    sql -c 'vacuum analyze' \
        -c "select pg_logical_emit_message(false, '', repeat('x', 1000000)) from generate_series(1, 1500)" \
        -c checkpoint -c checkpoint >/dev/null
}

sql() {
    "$POSTGRES/psql" -X -q -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U bench -d postgres "$@"
}

# Ids are unique by `run`, the client's number and its count.
measure_postgres() { # measure_postgres SECONDS CONTENDER KIND CONNECTIONS DEPTH
    local file=$work/pgbench.sql connections=$4 depth=$5
    case $2,$depth in
    *batches,*) pgbench_batch "$3" "$depth" >"$file" ;;
    *,1) pgbench_transfer "$3" >"$file" ;;
    *) pgbench_pipeline "$3" "$depth" >"$file" ;;
    esac
    runs=$((${runs:-0} + 1))
    if ! run pgbench -n -M prepared --max-tries 10 -h 127.0.0.1 -p "$port" -U bench -c "$connections" -j 2 -T "$1" \
        -D run="$runs" -D n=0 -D accounts="$accounts" -f "$file" postgres >"$work/pgbench.log" 2>&1 ||
        ! grep -q '^number of failed transactions: 0 ' "$work/pgbench.log"; then
        tail -n 20 "$work/pgbench.log" >&2
        return 1
    fi
    # pgbench's transaction is its whole script, and its latency an average of that: nothing to set beside the others'.
    awk -v depth="$depth" '/^tps/ {print $3 * depth, "-"}' "$work/pgbench.log" >"$work/line"
}

round_postgres() {
    local kind load connections depth contender
    postgres_start
    # Twice as long a warm-up as the others have: after a checkpoint each page is written whole the first time.
    measure_postgres "$((seconds * 2))" "postgres, batches" uniform 50 16
    for kind in uniform hot; do
        for load in "${LOADS[@]}"; do
            read -r connections depth <<<"$load"
            for contender in postgres "postgres, batches"; do
                if [ "$contender,$depth" = "postgres, batches,1" ]; then
                    continue
                fi
                # More than a statement of pgbench can have; the best of what it can.
                if [ "$contender" = "postgres, batches" ] && [ "$depth" -gt "$PGBENCH_BATCH_MAX" ]; then
                    connections=16 depth=100
                fi
                measure_postgres "$seconds" "$contender" "$kind" "$connections" "$depth"
                keep_result "$contender" "$kind" "$connections" "$depth" <"$work/line"
            done
        done
    done
    keep_total PostgreSQL "$(sql -c 'select sum(balance) from accounts')" "$((accounts * 1000000))"
    stop
    rm -rf "$work/postgres"
}

versions() {
    echo "bursar $(git describe --always --dirty), $(redis-server --version | sed 's/ sha.*//'), $("$POSTGRES/postgres" --version)"
    echo "TigerBeetle, whose field this is too, is not in Debian and was not measured."
}

settings() {
    cat <<SETTINGS
    $accounts accounts, $seconds s of each load, rounds: $rounds, TCP on 127.0.0.1, clients on the same machine
    bursar      ${BURSAR_OPTIONS[*]}; load: bursar bench
    Redis       $REDIS_OPTIONS_SHOWN; $parts/redis.lua; load: bursar bench --mix
    PostgreSQL  $parts/postgres.sql; load: pgbench -M prepared -j 2 --max-tries 10; settings:
SETTINGS
    grep -v '^#' "$parts/postgres.conf" | sed 's/^/                /'
}
