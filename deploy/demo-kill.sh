#!/bin/sh
# Plays the same plan twice, the second time with the daemon killed ten times in between, and
# compares what came of it: the digests must be equal.
#
#   demo-kill.sh KVIT [ARGUMENT OF THE DEMO...]
set -eu

kvit=$1
shift
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# One play; its summary is shown, and its digest left in a file.
play() {
    name=$1
    shift
    "$kvit" demo --dir "target/demo-$name" "$@" >"$log/$name" || {
        cat "$log/$name"
        exit 1
    }
    cat "$log/$name"
    sed -n 's/^digest *//p' "$log/$name" >"$log/$name.digest"
}

play whole "$@"
play killed --kills 10 "$@"
if [ -s "$log/whole.digest" ] && cmp -s "$log/whole.digest" "$log/killed.digest"; then
    echo "ten kills changed nothing: $(cat "$log/whole.digest")"
else
    echo "demo-kill: the digests differ: $(cat "$log/whole.digest") $(cat "$log/killed.digest")" >&2
    exit 1
fi
