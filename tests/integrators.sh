#!/bin/bash
# Runs the integrators' pages: their programs, with the users and rights of `kvit topology`,
# against a real daemon on the private broker of KVIT_BROKER_DIR; what the programs print must be
# what the pages say.
#
#   integrators.sh KVIT
#
# In the pages, a block with a file's name after its language is (the next part of) that file; the
# blocks `console run=N` are sessions, those of all pages with the least N first.
set -euo pipefail
cd "$(dirname "$0")/.."

kvit=$(realpath "$1")
: "${KVIT_BROKER_DIR:?needs a node of its own: deploy/with-broker.sh tests/integrators.sh KVIT}"
tools=$PWD/target/integrators
PATH=$(deploy/install-integrators.sh "$tools")
export PATH NODE_PATH=$tools/node_modules PYTHONDONTWRITEBYTECODE=1
ground=$tools/run
rm -rf "$ground"
mkdir -p "$ground"

daemon=
stop_daemon() {
    [ -z "$daemon" ] || kill -TERM "$daemon" 2>/dev/null || true
    [ -z "$daemon" ] || wait "$daemon" || true
    daemon=
}
trap stop_daemon EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "integrators: $1" >&2
    [ ! -s "$ground/daemon.log" ] || tail -n 15 "$ground/daemon.log" >&2
    exit 1
}

ctl() {
    deploy/private-broker.sh ctl "$KVIT_BROKER_DIR" --quiet "$@"
}

# The production example, with the private node's address and places under target/.
write_settings() {
    local port health
    port=$(sed -n 's/^listeners.*:\([0-9]*\)$/\1/p' "$KVIT_BROKER_DIR/rabbitmq.conf")
    address=127.0.0.1:$port/services
    health=$((40000 + RANDOM % 20000))
    sed -e "s|^url = .*|url = \"amqp://kvit:secret@$address\"|" \
        -e "/^password_file/d" \
        -e "s|^path = \"/var/lib/kvit/store\"|path = \"$ground/store\"|" \
        -e "s|^free_bytes_min = .*|free_bytes_min = 0|" \
        -e "s|^listen = .*|listen = \"127.0.0.1:$health\"|" \
        -e "s|^uid = 1002$|uid = 65533|" \
        -e "s|^uid = 1001$|uid = $(id -u)|" \
        config/example.toml >"$ground/kvit.toml"
    cat >>"$ground/kvit.toml" <<TOML

[catalogue]
path = "$PWD/config/catalogue"

[admin]
socket = "$ground/admin.sock"
TOML
}

# As an operator does it: definitions made by kvit, imported, and a password for each user.
prepare_broker() {
    "$kvit" --config "$ground/kvit.toml" topology >"$ground/definitions.json"
    ctl import_definitions "$ground/definitions.json"
    for user in kvit epasluga-1 belarusbank erip zags-minsk; do
        ctl change_password "$user" secret
    done
}

start_daemon() {
    "$kvit" --config "$ground/kvit.toml" run >"$ground/daemon.log" 2>&1 &
    daemon=$!
    for _ in $(seq 600); do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon has ended"
        if "$kvit" --config "$ground/kvit.toml" status >/dev/null 2>&1; then
            return
        fi
        sleep 0.1
    done
    fail "the daemon is not ready"
}

# Takes a page apart: its files into a folder, its sessions into session-N.
extract() {
    awk -v dir="$ground/$1" '
        /^```/ && inside { inside = 0; next }
        /^```/ {
            inside = 1; file = ""
            if ($2 ~ /^run=/) { split($2, run, "="); file = "session-" run[2] }
            else if ($2 != "") file = $2
            next
        }
        inside && file != "" { print > (dir "/" file) }
    ' "deploy/integrators/$1.md"
}

# Types what a session says, and writes down what it prints.
play() {
    local dir=$1 session=$2 line
    while IFS= read -r line <&3; do
        [[ $line == '$ '* ]] || continue
        echo "$line"
        (cd "$dir" && eval "${line#'$ '}" 2>&1 </dev/null) || echo "exit code $?"
    done 3<"$dir/$session" >"$dir/$session.played"
    if ! diff -u --label "page" --label "played" "$dir/$session" "$dir/$session.played" >&2; then
        fail "${dir##*/}.md is not as it is played"
    fi
    echo "integrators: ${dir##*/}.md, session ${session#session-}: as the page says"
}

write_settings
prepare_broker
start_daemon
declare -A users=([portal]=epasluga-1 [bank]=belarusbank [agency]=zags-minsk)
for page in "${!users[@]}"; do
    mkdir "$ground/$page"
    extract "$page"
done
sessions=$(cd "$ground" && ls -d */session-* | sort -t- -k2n)
[ -n "$sessions" ] || fail "the pages have no sessions"
for session in $sessions; do
    page=${session%%/*}
    KVIT_URL=amqp://${users[$page]}:secret@$address play "$ground/$page" "${session#*/}"
done
# Those whom the pages promise: the other sides, played with the same users and rights.
cat >"$ground/urls.toml" <<TOML
epasluga = "amqp://epasluga-1:secret@$address"
erip = "amqp://erip:secret@$address"
belarusbank = "amqp://belarusbank:secret@$address"
zags-minsk = "amqp://zags-minsk:secret@$address"
TOML
env -u KVIT_AMQP_URL "$kvit" --config "$ground/kvit.toml" simulate all --urls "$ground/urls.toml" \
    --party epasluga --party zags-minsk --orders 30 \
    --faults duplicates=0.1,early=0.1,damaged=0.1,reversed=0.1,returned=0.1,refused=0.3 ||
    fail "the other sides cannot be played"
stop_daemon
echo "integrators: all pages are as they are played"
