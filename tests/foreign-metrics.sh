#!/bin/sh
# Looks at the alert rules with Prometheus' own tool: their form, and that each fires when it should.
# promtool comes from the distribution's package, whose services are not started.
set -eu
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if ! command -v promtool >/dev/null; then
    if ! command -v apt-get >/dev/null; then
        echo "foreign-metrics: promtool is missing and there is no apt-get here" >&2
        exit 1
    fi
    echo "foreign-metrics: promtool is missing: installing the distribution's package" >&2
    policy=/usr/sbin/policy-rc.d
    held=
    clean_up() {
        if [ -n "$held" ]; then
            as_root rm -f "$policy"
            held=
        fi
    }
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        held=yes
    fi
    as_root apt-get update -q >&2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends prometheus >&2
    clean_up
fi

promtool check rules deploy/alerts.yml
promtool test rules deploy/alerts.test.yml
