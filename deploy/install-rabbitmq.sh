#!/bin/sh
# Installs RabbitMQ from the distribution, where it is missing, for tests and trials that start a
# private node (private-broker.sh). The package's own service is not started: a policy that says
# so stands there for the time of the installation only. A service that runs is never touched.
set -eu

policy=/usr/sbin/policy-rc.d

say() {
    echo "install-rabbitmq: $1" >&2
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    say "rabbitmq-server is missing and there is no apt-get here; install RabbitMQ 3.10 or later,"
    say "or set KVIT_AMQP_URL to a broker that may be used"
    exit 1
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    say "rabbitmq-server is missing; as root: apt-get install rabbitmq-server"
    exit 1
fi

say "rabbitmq-server is missing: installing the distribution's package with apt-get"
held=
if [ ! -e "$policy" ]; then
    say "writing $policy for this time, so that no service is started"
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    held=yes
fi
clean_up() {
    if [ -n "$held" ]; then
        as_root rm -f "$policy"
        held=
    fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
as_root apt-get update -q >&2
as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends rabbitmq-server >&2
say "done"
