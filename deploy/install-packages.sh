#!/bin/sh
# Installs packages of the distribution, as root or with sudo. No service is started by it: a policy
# that says so stands there for the time of the installation only. A service that runs is not
# touched.
#
#   install-packages.sh PACKAGE...
set -eu

policy=/usr/sbin/policy-rc.d

say() {
    echo "install-packages: $1" >&2
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

if ! command -v apt-get >/dev/null; then
    say "missing, and there is no apt-get here: $*"
    exit 1
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    say "missing; as root: apt-get install $*"
    exit 1
fi

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

say "missing, installed with apt-get: $*"
if [ ! -e "$policy" ]; then
    say "writing $policy for this time, so that no service is started"
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    held=yes
    as_root chmod 755 "$policy"
fi
as_root apt-get update -q >&2
as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "$@" >&2
say "done"
