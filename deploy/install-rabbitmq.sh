#!/bin/sh
# Installs RabbitMQ from the distribution, where it is missing, for tests and trials that start a
# private node (private-broker.sh).
set -eu
cd "$(dirname "$0")"

if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null; then
    exit 0
fi
./install-packages.sh rabbitmq-server || {
    echo "install-rabbitmq: without it, set KVIT_AMQP_URL to a broker that may be used" >&2
    exit 1
}
