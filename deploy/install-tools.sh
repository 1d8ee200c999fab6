#!/bin/sh
# Installs from the distribution what tests/foreign.sh needs, where it is missing: xmllint, Python's
# jsonschema, and node with npm.
set -eu
cd "$(dirname "$0")"

missing=
command -v xmllint >/dev/null || missing="$missing libxml2-utils"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || missing="$missing python3-jsonschema"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
if [ -n "$missing" ]; then
    # Each word is a package.
    # shellcheck disable=SC2086
    ./install-packages.sh $missing
fi
