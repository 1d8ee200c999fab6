#!/bin/bash
# Fuzzes one decoder, guided by coverage, on the compiler that kvit is built with:
#
#   run.sh TARGET [RUNS] [OPTION...]      options are libFuzzer's
#
# Prints libFuzzer's progress and, at the end, executions, executions a second and the peak of
# memory. What it learns stays in target/fuzz/corpus/TARGET; a finding is left in
# target/fuzz/findings: mend it, and keep the file in tests/fuzz/seeds/TARGET.
# Needs a C++ compiler, for libFuzzer.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:-}
runs=${2:-1000000}
seeds=tests/fuzz/seeds/$target
if [ -z "$target" ] || [ ! -d "$seeds" ]; then
    echo "run.sh TARGET [RUNS] [OPTION...]; TARGET is one of $(ls tests/fuzz/seeds | xargs)" >&2
    exit 64
fi
shift $(($# > 1 ? 2 : 1))

out=$PWD/target/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
# What `cargo fuzz` would ask for, all of it known to a stable compiler. A target named keeps it
# away from build scripts.
flags=(-Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares)
RUSTFLAGS="${flags[*]}" cargo build --locked --release --quiet --target "$host" \
    --target-dir "$out" --manifest-path tests/fuzz/guided/Cargo.toml

mkdir -p "$out/corpus/$target" "$out/findings"
export KVIT_FUZZ_TARGET=$target
exec "$out/$host/release/kvit-fuzz-guided" "-runs=$runs" -seed=1 -max_len=16384 -timeout=30 \
    -rss_limit_mb=2048 -print_final_stats=1 "-artifact_prefix=$out/findings/$target-" "$@" \
    "$out/corpus/$target" "$seeds"
