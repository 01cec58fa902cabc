#!/usr/bin/env bash
# Runs the client against a real server and compares what it prints and how it exits, in all its forms.
#
#   client_cli.sh BUILD_DIR
set -euo pipefail
build=$1
work=$(mktemp -d)
passed=0
failed=0

: >"$work/log" # the server may come to it later than we do
"$build/bursard" --dir "$work/ledger" --port 0 --workers 2 --unix-socket "$work/socket" 2>"$work/log" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/log" | head -n 1)
    [ -n "$port" ] && break
    sleep 0.05
done
client() { "$build/bursar" -p "$port" "$@"; }

# expect NAME STATUS STDOUT STDERR COMMAND...: both outputs are compared whole.
expect() {
    local name=$1 status=$2 out=$3 err=$4 got=0
    shift 4
    "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
    if [ "$got" = "$status" ] && [ "$(cat "$work/out")" = "$out" ] && [ "$(cat "$work/err")" = "$err" ]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    printf 'FAILED: %s\nexit status %s, expected %s\nstdout:\n' "$name" "$got" "$status"
    cat "$work/out"
    echo "stderr:"
    cat "$work/err"
}

# The same with a terminal as stdout, which script(1) gives; it ends lines with CR LF.
expect_terminal() {
    local name=$1 status=$2 out=$3 got=0
    shift 3
    script -qec "$*" /dev/null >"$work/out" </dev/null || got=$?
    if [ "$got" = "$status" ] && [ "$(tr -d '\r' <"$work/out")" = "$out" ]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    printf 'FAILED: %s\nexit status %s, expected %s\n' "$name" "$got" "$status"
    cat "$work/out"
}

# What a user of this machine has chosen must not matter here.
unset BURSAR_URL NO_COLOR
export HOME=$work XDG_CONFIG_HOME=$work/config TERM=xterm

tab=$'\t'
expect "an integer" 0 1 "" client open alice USD
expect "any case" 0 2 "" client DePosit payday alice 100.00
expect "a word that begins with a dash is the command's" 0 -1 "" client echo -1
expect "open another" 0 3 "" client open shop USD
expect "a note of two words" 0 4 "" client transfer order-17 alice shop 12.34 NOTE "two books"
expect "one balance" 0 87.66 "" client balance alice
expect "several balances" 0 "alice${tab}87.66"$'\n'"nobody${tab}"$'\n'"shop${tab}12.34" "" \
    client balance alice nobody shop
expect_terminal "several balances for a person" 0 $'account  balance\nalice      87.66\nnobody     (nil)\nshop       12.34' \
    "$build/bursar --colour never -p $port balance alice nobody shop"
expect_terminal "raw on a terminal" 0 $'alice\t87.66\nshop\t12.34' "$build/bursar -p $port --raw balance alice shop"
expect "several balances as JSON" 0 '{"alice":"87.66","nobody":null}' "" client --json balance alice nobody
expect "a map as JSON" 0 '{"seq":4,"assets":[{"asset":"USD","debits":"112.34","credits":"112.34","accounts":2}]}' "" \
    client --json trial
expect "a rejection" 1 "" "INSUFFICIENT: alice has 87.66 USD available, 500.00 needed" \
    client transfer x alice shop 500.00
expect "a rejection as JSON" 1 \
    '{"error":{"code":"INSUFFICIENT","message":"alice has 87.66 USD available, 500.00 needed"}}' "" \
    client --json transfer x alice shop 500.00
expect "a hold" 0 5 "" client hold room-7 alice shop 20.00 TTL 86400 NOTE deposit
expect "a capture of less" 0 6 "" client capture night-1 room-7 8 KEEP
expect "what is left of a hold" 0 "12.00" "" bash -c "'$build/bursar' -p $port lookup room-7 | sed -n 's/^remaining$tab//p'"
expect "what is held as JSON" 0 "12.00 67.66" "" bash -c "'$build/bursar' -p $port --json account alice |
    python3 -c 'import json, sys; r = json.load(sys.stdin); print(r[\"held_out\"], r[\"available\"])'"
expect "the rest is released" 0 7 "" client void gone-1 room-7
expect "a hold that ended" 1 "" "VOIDED: hold room-7 was voided" client capture night-2 room-7
expect "a reversal" 0 8 "" client reverse undo-1 night-1
expect "over the Unix socket" 0 87.66 "" "$build/bursar" -u "$work/socket" balance alice
expect "an unknown command" 2 "" "bursar: there is no command 'opne'; near it: OPEN
bursar --help lists them all" client opne alice USD
expect "the wrong number of words" 2 "" "bursar: 0 words are not what LOOKUP takes:
LOOKUP id

$("$build/bursar" help LOOKUP | tail -n 2)" client lookup
expect "a port that is none" 2 "" "bursar: --port x is not a whole number from 1 to 65535" "$build/bursar" -p x ping
expect "a timeout that is none" 2 "" "bursar: --timeout 0 is not a whole number of seconds from 1 to 86400" \
    client --timeout 0 ping
expect "nobody there" 3 "" "bursar: cannot connect to 127.0.0.1:1: Connection refused; is bursard running there?" \
    "$build/bursar" -p 1 ping
expect "no such socket" 3 "" "bursar: cannot connect to $work/none: No such file or directory; is bursard running there?" \
    "$build/bursar" -u "$work/none" ping
expect "a URL" 0 87.66 "" "$build/bursar" --url "bursar://127.0.0.1:$port" balance alice
expect "a URL of a Unix socket" 0 87.66 "" "$build/bursar" --url "unix://$work/socket" balance alice
expect "a URL that is none" 2 "" "bursar: --url redis://x is no URL of a server: it begins with another scheme; \
it may be bursar://host[:port], bursar+unix:///path or unix:///path" "$build/bursar" --url redis://x ping
export BURSAR_URL=bursar://127.0.0.1:1
expect "an option goes before BURSAR_URL" 0 87.66 "" client balance alice
expect "BURSAR_URL" 3 "" "bursar: cannot connect to 127.0.0.1:1: Connection refused; is bursard running there?" \
    "$build/bursar" balance alice
export BURSAR_URL="unix://$work/socket"
expect "a port goes before the socket of BURSAR_URL" 0 87.66 "" client balance alice
mkdir -p "$work/config/bursar"
printf '# nobody is there\nurl = bursar://127.0.0.1:1\nformat=csv\n' >"$work/config/bursar/config"
expect "BURSAR_URL goes before the configuration file, which has the form" 0 "account,balance
alice,87.66
nobody," "" "$build/bursar" balance alice nobody
expect "an option goes before the form of the file" 0 "alice${tab}87.66" "" "$build/bursar" --raw balances alice
unset BURSAR_URL
expect "the configuration file" 3 "" \
    "bursar: cannot connect to 127.0.0.1:1: Connection refused; is bursard running there?" "$build/bursar" ping
printf 'url = bursar://127.0.0.1:%s\ntimeout = 5\ncolor = never\n' "$port" >"$work/other"
expect "a setting that is none" 2 "" \
    "bursar: $work/other:3: color is no setting; there are url, timeout, format, colour and history" \
    "$build/bursar" --config "$work/other" ping
sed -i 's/color = .*/colour = always/' "$work/other"
expect "a file that --config names, in place of the other" 0 $'\e[1maccount\e[0m  \e[1mbalance\e[0m\nalice      87.66' "" \
    "$build/bursar" --config "$work/other" --format people balances alice
NO_COLOR=1 expect "NO_COLOR goes before the file" 0 $'account  balance\nalice      87.66' "" \
    "$build/bursar" --config "$work/other" --format people balances alice
expect "colours on a terminal" 0 $'\e[31m-100.00\e[0m' "" \
    script -qec "stty -onlcr; $build/bursar -p $port --format people balance @world/USD" /dev/null
printf 'port 1\n' >"$work/other"
expect "a line that is none" 2 "" "bursar: $work/other:1: 'port 1' is not \"key = value\"" \
    "$build/bursar" --config "$work/other" ping
expect "no such file" 2 "" "bursar: the configuration file $work/none can't be read: No such file or directory" \
    "$build/bursar" --config "$work/none" ping
rm "$work/config/bursar/config"
expect "a trial balance as CSV" 0 "seq,assets.asset,assets.debits,assets.credits,assets.accounts
8,USD,128.34,128.34,2" "" client --csv trial
expect "the version" 0 "bursar 0.1.0" "" client --version

# A file of commands: replies in order, errors with their lines, the rest goes on.
cat >"$work/commands" <<'COMMANDS'
# a comment, and an empty line

open bob USD
transfer p1 alice bob "10.00" note 'for you'
frobnicate
transfer p2 alice bob 1000
echo "unbalanced
balance alice bob
COMMANDS
printf 'balance bob' >>"$work/commands" # its end is missing
expect "a file of commands" 1 "9
10
alice${tab}77.66
bob${tab}10.00
10.00" "line 5: bursar: there is no command 'frobnicate'
bursar --help lists them all
line 7: Protocol error: unbalanced quotes in argument 2
line 6: INSUFFICIENT: alice has 77.66 USD available, 1000.00 needed" \
    bash -c "'$build/bursar' -p $port <'$work/commands'"

# Many commands at once: neither side may block the other.
seq 200000 | sed 's/.*/transfer many-& alice bob 0.0001/' >"$work/many" # each is refused: too many digits
expect "200,000 rejections" 1 "200000" "" \
    bash -c "'$build/bursar' -p $port <'$work/many' 2>&1 >/dev/null | grep -c 'AMOUNT: 0.0001 has 4 fraction digits'; exit \${PIPESTATUS[0]}"
seq 200000 | sed 's/.*/echo line-&/' >"$work/many"
expect "200,000 replies in order" 0 "" "" \
    bash -c "'$build/bursar' -p $port <'$work/many' | sed 's/^/echo /' | cmp - '$work/many'"

# A server that takes the connection and says nothing.
python3 -c 'import socket, time
listening = socket.socket(); listening.bind(("127.0.0.1", 0)); listening.listen()
print(listening.getsockname()[1], flush=True); time.sleep(20)' >"$work/silent" &
silent=$!
for _ in $(seq 100); do
    [ -s "$work/silent" ] && break
    sleep 0.05
done
silent_port=$(cat "$work/silent")
expect "a server that does not answer" 3 "" \
    "bursar: no answer in time from 127.0.0.1:$silent_port: it may be overloaded; --timeout waits longer; is bursard running there?" \
    "$build/bursar" -p "$silent_port" --timeout 1 ping
kill "$silent" 2>/dev/null
wait "$silent" 2>/dev/null || true

# The load generator, small: everything it did is in the ledger, and the ledger is in balance.
"$build/bursar" -p "$port" bench -n 20000 -a 1000 -c 10 -P 20 -t 2 --json >"$work/bench" 2>"$work/bench-log"
transfers=$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(r["requests"], r["rejected"])' "$work/bench")
expect "the load generator counts what it did" 0 "20000 0" "" echo "$transfers"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
