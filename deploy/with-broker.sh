#!/bin/sh
# Runs a command with a RabbitMQ node of its own, and always stops that node afterwards.
#
#   with-broker.sh COMMAND [ARGUMENT...]
#
# The command finds KVIT_AMQP_URL and KVIT_BROKER_DIR in its environment. If KVIT_AMQP_URL is set
# already, that broker is used as it is and nothing is installed, started or stopped.
# Files of the node lie under target/, those of one that failed to start too.
set -eu

if [ $# -eq 0 ]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 64
fi
if [ -n "${KVIT_AMQP_URL:-}" ]; then
    exec "$@"
fi

here=$(cd "$(dirname "$0")" && pwd)
"$here/install-rabbitmq.sh"
dir=$(dirname "$here")/target/broker-$$
command_pid=

stop_broker() {
    trap - EXIT
    trap '' INT TERM HUP
    if [ -n "$command_pid" ] && kill -0 "$command_pid" 2>/dev/null; then
        kill -TERM "$command_pid" 2>/dev/null || true
        wait "$command_pid" 2>/dev/null || true
    fi
    if [ -e "$dir/environment" ]; then
        "$here/private-broker.sh" stop "$dir" || true
    fi
}
trap stop_broker EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Told of this process, the node also ends when this script is killed.
"$here/private-broker.sh" start "$dir" $$ >/dev/null
KVIT_AMQP_URL=$(cat "$dir/url")
KVIT_BROKER_DIR=$dir
export KVIT_AMQP_URL KVIT_BROKER_DIR

# In the background, because a shell answers no signal while it waits for a command in front.
"$@" <&0 &
command_pid=$!
status=0
wait "$command_pid" || status=$?
command_pid=
exit "$status"
