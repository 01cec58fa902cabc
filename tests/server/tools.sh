#!/usr/bin/env bash
# What bursard does besides serving: exit statuses of wrong options, --verify and --dump-journal.
#
#   tests/server/tools.sh BUILD_DIR
set -uo pipefail
build=$(cd "${1:?tools.sh BUILD_DIR}" && pwd)
work=$(mktemp -d)
server=
trap 'kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0

# Compares the exit status and all that is printed, without the times that log lines begin with.
expect() { # expect NAME STATUS OUTPUT COMMAND...
    local name=$1 status=$2 output=$3 got got_status
    shift 3
    got=$("$@" 2>&1)
    got_status=$?
    got=$(sed -E 's/[0-9]{4}-[0-9-]+T[0-9:.]+Z/TIME/' <<<"$got")
    if [ "$got_status" -eq "$status" ] && [ "$got" = "$output" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: status %s, not %s; it printed\n%s\nnot\n%s\n' "$name" "$got_status" "$status" "$got" "$output"
    fi
}

bursard() { "$build/bursard" "$@"; }

expect "an unknown option" 2 "bursard: there is no option --bogus; see --help" bursard --bogus 1
expect "a port out of range" 2 "bursard: port is '65536'; it must be a whole number from 0 to 65535" bursard --port 65536
expect "no workers" 2 "bursard: workers is '0'; it must be a whole number from 1 to 64" bursard --workers 0
expect "an unknown durability" 2 "bursard: durability is 'maybe'; it must be sync|async|none" bursard --durability maybe
expect "an option without its value" 2 "bursard: --port needs a value; see --help" bursard --port
expect "no such config file" 2 "bursard: config file 'none' can't be read: No such file or directory" bursard --config none
expect "the version" 0 "bursard 0.1.0" bursard --version

expect "no directory to verify" 1 "TIME error there is no ledger in 'none'" bursard --verify none
mkdir empty
expect "an empty one" 1 "TIME error there is no ledger in 'empty'" bursard --verify empty
expect "which stays empty" 0 "" ls empty
expect "no journal to dump" 1 "TIME error can't read directory 'none/journal': No such file or directory" \
    bursard --dump-journal none

"$build/bursard" --dir ledger --port 0 --workers 1 --segment-size 64 2>log &
server=$!
port=
for _ in $(seq 200); do
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' log)
    [ -n "$port" ] && break
    sleep 0.05
done
printf '%s\n' 'asset GOLD 3' 'open alice USD' 'open bob USD overdraft 5.00 ceiling 100' 'deposit pay alice 10.00' \
    'transfer order alice bob 1.25 note "two books"' | "$build/bursar" -p "$port" >/dev/null
expect "the mean size of a batch" 0 "journal_batch_bytes_mean:4096" \
    bash -c "'$build/bursar' -p $port info persistence | tr -d '\r' | grep journal_batch_bytes_mean"
expect "a server's directory" 1 \
    "TIME error directory 'ledger' is in use by process $server: a ledger has one server; stop that one first" \
    bursard --verify ledger
kill -9 "$server"
wait "$server" 2>/dev/null

whole="ledger is whole: snapshot at number N, journal to number 5, 2 accounts, 2 transfers; debits equal credits in every asset"
expect "a whole ledger, after a kill" 0 "$whole" \
    bash -c "'$build/bursard' --verify ledger | sed -E 's/(snapshot at number) [0-9]+/\1 N/'"
lines='1 TIME asset GOLD/3
2 TIME open alice USD/2
3 TIME open bob USD/2 overdraft 500 ceiling 10000
4 TIME deposit pay 0 2 1000
5 TIME transfer order 2 3 125 note two\x20books'
expect "its journal" 0 "$lines" bursard --dump-journal ledger

# One bit, in the first batch: its place is told, and nothing is served.
python3 - ledger/journal/00000001.log <<'PYTHON'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(5)
    byte = file.read(1)[0]
    file.seek(5)
    file.write(bytes([byte ^ 1]))
PYTHON
damaged="TIME error 'ledger/journal/00000001.log' is damaged: its head, offset 0 to 88, does not have its checksum, or it is segment 1 under another name; restore it from a backup"
expect "a flipped bit" 1 "$damaged" bursard --verify ledger
expect "which is not served either" 1 "${damaged//ledger\/journal/$work\/ledger\/journal}" bursard --dir ledger --port 0

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
