#!/bin/sh
# A RabbitMQ node of its own for tests and trials: own name, ports, cookie, data and epmd, all
# under one directory and on 127.0.0.1 only. Nobody else's broker is touched, nothing is installed.
#
#   private-broker.sh start [--tls CERTS] [--management] DIR [OWNER_PID]
#       starts it, prints KVIT_AMQP_URL=... and KVIT_BROKER_DIR=...; with an owner it stops when
#       that process is gone.
#       --tls: also listens for TLS, takes only clients with a certificate of CERTS/ca.pem and
#       knows them by its common name; its own is CERTS/server.pem with server.key. Prints
#       KVIT_AMQPS_URL=...
#       --management: also serves the management API. Prints KVIT_MANAGEMENT_URL=...
#   private-broker.sh restart DIR             stops it and starts it again, on its ports and data
#   private-broker.sh stop DIR                stops it and removes DIR
#   private-broker.sh ctl DIR ARGUMENT...     rabbitmqctl against it
set -eu

usage() {
    sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
    exit 64
}

fail() {
    echo "private-broker: $1" >&2
    exit 1
}

# The packaged wrapper in /usr/sbin insists on root or the user rabbitmq; the real one does not.
find_tool() {
    for candidate in "/usr/lib/rabbitmq/bin/$1" "$(command -v "$1" || true)"; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
    fail "$1 is not installed; install RabbitMQ 3.10 or later (Debian: apt-get install rabbitmq-server)"
}

find_epmd() {
    for candidate in "$(command -v epmd || true)" /usr/lib/erlang/bin/epmd \
        /usr/lib/erlang/erts-*/bin/epmd; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
    fail "epmd is not installed; it comes with Erlang (Debian: apt-get install erlang-base)"
}

# True when something listens on, or uses, the local TCP port.
port_is_taken() {
    grep -qi ":$(printf '%04X' "$1") " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# A port nobody uses, below the range from which the kernel takes ports by itself.
free_port() {
    while :; do
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
        if ! port_is_taken "$port"; then
            echo "$port"
            return
        fi
    done
}

write_settings() {
    mkdir -p "$dir/home" "$dir/data" "$dir/log"
    chmod 700 "$dir/home"
    amqp_port=$(free_port)
    cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.local = 127.0.0.1:$amqp_port
loopback_users = none
vm_memory_high_watermark.relative = 0.4
disk_free_limit.absolute = 50MB
log.console = false
default_user_tags.administrator = true
default_user_tags.impersonator = true
CONF
    plugins=
    if [ -n "$certificates" ]; then
        tls_port=$(free_port)
        plugins=rabbitmq_auth_mechanism_ssl
        cat >>"$dir/rabbitmq.conf" <<CONF
listeners.ssl.local = 127.0.0.1:$tls_port
ssl_options.cacertfile = $certificates/ca.pem
ssl_options.certfile = $certificates/server.pem
ssl_options.keyfile = $certificates/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
ssl_cert_login_from = common_name
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = EXTERNAL
CONF
        echo "KVIT_AMQPS_URL=amqps://localhost:$tls_port/%2f" >>"$dir/more"
    fi
    if [ "$management" = yes ]; then
        http_port=$(free_port)
        plugins="$plugins${plugins:+,}rabbitmq_management"
        cat >>"$dir/rabbitmq.conf" <<CONF
management.tcp.ip = 127.0.0.1
management.tcp.port = $http_port
CONF
        echo "KVIT_MANAGEMENT_URL=http://127.0.0.1:$http_port" >>"$dir/more"
    fi
    echo "[$plugins]." >"$dir/enabled_plugins"
    cat >"$dir/environment" <<ENVIRONMENT
export HOME='$dir/home'
export ERL_EPMD_PORT=$(free_port)
export ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_NODENAME=kvit-$amqp_port@localhost
export RABBITMQ_DIST_PORT=$(free_port)
export RABBITMQ_CONF_ENV_FILE=/dev/null
export RABBITMQ_CONFIG_FILE='$dir/rabbitmq.conf'
export RABBITMQ_ENABLED_PLUGINS_FILE='$dir/enabled_plugins'
export RABBITMQ_MNESIA_BASE='$dir/data'
export RABBITMQ_FEATURE_FLAGS_FILE='$dir/data/feature_flags'
export RABBITMQ_GENERATED_CONFIG_DIR='$dir/data/generated'
export RABBITMQ_PLUGINS_EXPAND_DIR='$dir/data/plugins'
export RABBITMQ_LOG_BASE='$dir/log'
export RABBITMQ_PID_FILE='$dir/node.pid'
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
ENVIRONMENT
    echo "amqp://guest:guest@127.0.0.1:$amqp_port/%2f" >"$dir/url"
}

# True when the node listens on each of its ports.
all_listen() {
    for port in "$amqp_port" ${tls_port:+"$tls_port"} ${http_port:+"$http_port"}; do
        port_is_taken "$port" || return 1
    done
}

# Waits until the node listens; fails when it dies or takes longer than 90 seconds.
wait_until_ready() {
    waited=0
    while ! all_listen; do
        if ! kill -0 "$(cat "$dir/wrapper.pid")" 2>/dev/null || [ "$waited" -ge 900 ]; then
            tail -n 20 "$dir/log/start" >&2 || true
            stop_processes
            fail "the broker did not start; see $dir/log"
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
}

launch() {
    server=$(find_tool rabbitmq-server)
    epmd=$(find_epmd)
    (
        . "$dir/environment"
        # Ours, in the foreground of its own session, so that its pid is known.
        setsid "$epmd" -port "$ERL_EPMD_PORT" -address 127.0.0.1 \
            </dev/null >"$dir/log/epmd" 2>&1 &
        echo $! >"$dir/epmd.pid"
        setsid "$server" </dev/null >"$dir/log/start" 2>&1 &
        echo $! >"$dir/wrapper.pid"
    )
    wait_until_ready
}

start() {
    [ ! -e "$dir/url" ] || fail "$dir already holds a broker; stop it first"
    write_settings
    launch
    if [ -n "${1:-}" ]; then
        setsid "$0" watch "$dir" "$1" </dev/null >/dev/null 2>&1 &
    fi
    echo "KVIT_AMQP_URL=$(cat "$dir/url")"
    echo "KVIT_BROKER_DIR=$dir"
    [ ! -e "$dir/more" ] || cat "$dir/more"
}

# True when a process was started by us: a pid may have passed to somebody else meanwhile.
is_ours() {
    kill -0 "$1" 2>/dev/null || return 1
    { tr '\0' '\n' <"/proc/$1/environ"; } 2>/dev/null | grep -qx "RABBITMQ_NODENAME=$node"
}

# Ends the process of a pid file: asks first, insists after five seconds.
end_process() {
    [ -s "$1" ] || return 0
    pid=$(cat "$1")
    is_ours "$pid" || return 0
    kill "$pid" 2>/dev/null || return 0
    waited=0
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$waited" -ge 50 ]; then
            kill -KILL "$pid" 2>/dev/null || true
            return 0
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
}

stop_processes() {
    node=$(sed -n 's/^export RABBITMQ_NODENAME=//p' "$dir/environment")
    end_process "$dir/node.pid"
    end_process "$dir/wrapper.pid"
    end_process "$dir/epmd.pid"
}

restart() {
    [ -e "$dir/environment" ] || fail "$dir holds no broker"
    stop_processes
    amqp_port=$(sed 's|.*:\([0-9]*\)/.*|\1|' "$dir/url")
    launch
}

stop() {
    [ -e "$dir/environment" ] || fail "$dir holds no broker"
    stop_processes
    rm -rf "$dir"
}

watch() {
    while kill -0 "$1" 2>/dev/null && [ -e "$dir/url" ]; do
        sleep 1
    done
    [ ! -e "$dir/environment" ] || stop
}

ctl() {
    tool=$(find_tool rabbitmqctl)
    . "$dir/environment"
    exec "$tool" --node "$RABBITMQ_NODENAME" "$@"
}

[ $# -ge 2 ] || usage
verb=$1
certificates=
management=no
while :; do
    case $2 in
    --tls)
        [ $# -ge 4 ] || usage
        certificates=$(cd "$3" && pwd)
        shift 3
        set -- "$verb" "$@"
        ;;
    --management)
        [ $# -ge 3 ] || usage
        management=yes
        shift 2
        set -- "$verb" "$@"
        ;;
    *) break ;;
    esac
done
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
case $verb in
start) start "${1:-}" ;;
restart) restart ;;
stop) stop ;;
watch) watch "$1" ;;
ctl) ctl "$@" ;;
*) usage ;;
esac
