#!/bin/bash
# The contract in the eyes of other people's programs: XSD and documents by libxml2, JSON schemas
# and examples by Python's jsonschema and by ajv, the AsyncAPI document by its official parser. Says
# how many documents each accepted. Installs what is missing from the distribution
# (deploy/install-tools.sh), and npm's packages under target/.
#
# Documents are the examples, those in tests/foreign that another writer made, and what the tests
# have left in target/contracts/out: run them first to have those judged too.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install-tools.sh
tools=target/foreign
mkdir -p "$tools"
packages=(@asyncapi/parser@3.6.3 ajv@8.20.0 ajv-formats@3.0.1)
if [ ! -d "$tools/node_modules/@asyncapi/parser" ] || [ ! -d "$tools/node_modules/ajv-formats" ]; then
    npm install --prefix "$tools" --no-audit --no-fund --ignore-scripts --silent "${packages[@]}"
fi

# Validates documents against one schema; counts them.
accepted=0
judge() {
    local schema=$1 log
    shift
    [ $# -gt 0 ] || return 0
    if ! log=$(xmllint --noout --schema "$schema" "$@" 2>&1); then
        grep -v ' validates$' <<<"$log" >&2
        echo "foreign: $schema refuses a document" >&2
        exit 1
    fi
    accepted=$((accepted + $#))
}

shopt -s nullglob
for way in in out; do
    for schema in schemas/xsd/"$way"/*.xsd; do
        message=$(basename "$schema" .xsd)
        judge "$schema" schemas/examples/xml/"$message".xml tests/foreign/"$message".xml
        if [ "$way" = out ]; then
            judge "$schema" target/contracts/out/"$message".*.xml
        fi
    done
done
echo "xmllint: $accepted documents against $(ls schemas/xsd/*/*.xsd | wc -l) XSDs"
echo "jsonschema: $(/usr/bin/python3 tests/foreign-tools/examples.py)"
echo "ajv: $(node tests/foreign-tools/ajv.mjs "$PWD/$tools")"
echo "asyncapi: $(node tests/foreign-tools/asyncapi.mjs "$PWD/$tools" schemas/asyncapi.json)"
