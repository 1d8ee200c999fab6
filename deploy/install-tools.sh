#!/bin/sh
# Installs from the distribution what tests/foreign.sh needs, where it is missing: xmllint, Python's
# jsonschema, and node with npm. Nothing else is touched.
set -eu

say() {
    echo "install-tools: $1" >&2
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

missing=
command -v xmllint >/dev/null || missing="$missing libxml2-utils"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || missing="$missing python3-jsonschema"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
if [ -z "$missing" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    say "missing, and there is no apt-get here:$missing"
    exit 1
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    say "missing; as root: apt-get install$missing"
    exit 1
fi
say "installing the distribution's packages:$missing"
as_root apt-get update -q >&2
# Each word is a package.
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing >&2
say "done"
