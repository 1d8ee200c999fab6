#!/bin/bash
# Counts the tests that a runner's output shows as run, by kind:
#
#   count.sh LOG           the output of `cargo test` or `cargo nextest run`
#   count.sh --properties  the names of the functions in `proptest!` blocks
#
# Each test is of one kind, the first that fits:
#   simulation  of kvit-tests, in tests/sim: the daemon's parts under one seeded scheduler
#   property    its function stands in a `proptest!` block, or in a module `convergence`
#   broker      of kvit-tests, in module amqp: our side of AMQP against a real RabbitMQ
#   house       of kvit-tests, in contracts or tidy: generated files, rules of the code
#   end-to-end  everything else of kvit-tests: the daemon with broker and store
#   store       of kvit-adapters, in module store: the durable rows, crashes among it
#   hostile     of kvit-fuzz: a decoder over its seeds and mutations of them
#   table       its body compares with `expect!`, or goes through a list of cases
#   unit        the rest
# A test that was ignored did not run.
set -euo pipefail
cd "$(dirname "$0")/.."

# Lines "property NAME" and "table NAME". rustfmt gives a block's end the indent of its begin.
kinds() {
    find schemas adapters daemon tests -name '*.rs' -not -path '*/target/*' -print0 |
        xargs -0 awk '
        function indent(line) { match(line, /^ */); return RLENGTH }
        FNR == 1 { block = -1; marked = 0; body = -1 }
        /^ *proptest! \{/ { block = indent($0) }
        /^ *#\[(test|tokio::test)/ { marked = 1 }
        marked && /^ *(async )?fn [a-z0-9_]+\(/ {
            name = $0; sub(/^ *(async )?fn /, "", name); sub(/\(.*/, "", name)
            if (block >= 0) print "property", name
            body = indent($0); marked = 0; next
        }
        body >= 0 && /expect(_file)?!\[|^ *for \(.* in / { print "table", name }
        /^ *\}$/ && indent($0) == body { body = -1 }
        /^ *\}$/ && indent($0) == block { block = -1 }'
}

# Lines "CRATE TEST" of what ran.
ran() {
    awk '
    # cargo test: a line for each binary, then one for each of its tests.
    $1 == "Running" { binary = $NF; gsub(/^\(|\)$/, "", binary); sub(/.*\//, "", binary)
                      sub(/-[0-9a-f]+$/, "", binary); gsub(/_/, "-", binary) }
    $1 == "Doc-tests" { binary = $2; gsub(/_/, "-", binary) }
    /^test / && / \.\.\. / && $NF != "ignored" && $0 !~ /\.\.\. ignored,/ { print binary, $2 }
    # cargo nextest: a line for each test, those that failed once more at the end.
    $1 ~ /^(PASS|FAIL|LEAK|SLOW|TIMEOUT|ABORT|SIG[A-Z]+)$/ && $2 == "[" {
        crate = $(NF - 1); sub(/^kvit-tests::/, "", crate); print crate, $NF }
    ' "$1" | sort -u
}

if [ "$1" = --properties ]; then
    kinds | awk '$1 == "property" { print $2 }'
    exit
fi

{ kinds; echo; ran "$1"; } | awk '
    !second && NF == 0 { second = 1; next }
    !second { if (kind[$2] != "property") kind[$2] = $1; next }
    {
        name = $2; sub(/.*::/, "", name)
        if ($1 == "sim") which = "simulation"
        else if (kind[name] == "property" || $2 ~ /(^|::)convergence::/) which = "property"
        else if ($1 == "it" && $2 ~ /^amqp::/) which = "broker"
        else if ($1 == "it" && $2 ~ /^(contracts|tidy)::/) which = "house"
        else if ($1 == "it") which = "end-to-end"
        else if ($1 == "kvit-adapters" && $2 ~ /^store::/) which = "store"
        else if ($1 == "seeds" || $1 == "kvit-fuzz::seeds") which = "hostile"
        else if (kind[name] == "table") which = "table"
        else which = "unit"
        count[which]++
    }
    END {
        printf "tests run:"
        kinds = split("unit table property hostile simulation store broker end-to-end house", order, " ")
        for (at = 1; at <= kinds; at++)
            printf "%s %s %d", (at > 1 ? "," : ""), order[at], count[order[at]]
        print ""
    }'
