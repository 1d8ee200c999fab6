#!/bin/bash
# Runs all tests of the workspace, with cargo-nextest where it is installed, and says at the end
# how many of each kind ran. Arguments go to the runner. Wants a broker in KVIT_AMQP_URL, or one
# that deploy/private-broker.sh can start.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

status=0
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --status-level pass "$@" 2>&1 | tee "$log" || status=$?
else
    cargo test --locked --workspace --no-fail-fast "$@" 2>&1 | tee "$log" || status=$?
fi
tests/count.sh "$log"
exit "$status"
