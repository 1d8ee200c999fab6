#!/bin/bash
# Runs all tests of the workspace, with cargo-nextest where it is installed, and says at the end
# how many of each kind ran. Arguments go to the runner. Wants a broker in KVIT_AMQP_URL, or one
# that deploy/private-broker.sh can start.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
# What a test cannot do on this machine it writes here: runners hide what passing tests say.
export KVIT_NOT_TESTED=$log.not
: >"$KVIT_NOT_TESTED"
trap 'rm -f "$log" "$KVIT_NOT_TESTED"' EXIT

# A gate says the same of the same commit; `make properties` looks further, with fresh seeds.
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-1}

status=0
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --status-level pass "$@" 2>&1 | tee "$log" || status=$?
else
    cargo test --locked --workspace --no-fail-fast "$@" 2>&1 | tee "$log" || status=$?
fi
tests/count.sh "$log"
sort -u "$KVIT_NOT_TESTED"
exit "$status"
