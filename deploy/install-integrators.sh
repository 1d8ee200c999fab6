#!/bin/sh
# Makes ready what the integrators' pages need: a python3 with pika and aio_pika, node, iconv, and
# amqplib. What is there is used; what is missing comes from the distribution, or with pip and npm
# into DIR. Prints the PATH under which all of it is found.
#
#   install-integrators.sh DIR
set -eu

[ $# -eq 1 ] || {
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 64
}
mkdir -p "$1"
dir=$(cd "$1" && pwd)
install=$(cd "$(dirname "$0")" && pwd)/install-packages.sh

# Tested with these; pages use nothing that older or newer ones lack.
python_packages='pika==1.3.2 aio-pika==9.4.3'
amqplib=amqplib@0.10.9

say() {
    echo "install-integrators: $1" >&2
}

# True for a python that has both libraries.
speaks() {
    "$1" -c 'import pika, aio_pika' 2>/dev/null
}

# A folder whose python3 has both libraries.
find_python() {
    if [ -x "$dir/venv/bin/python3" ] && speaks "$dir/venv/bin/python3"; then
        echo "$dir/venv/bin"
        return
    fi
    mkdir -p "$dir/python"
    for python in "$(command -v python3 || true)" /usr/bin/python3; do
        if [ -n "$python" ] && [ -x "$python" ] && speaks "$python"; then
            ln -sf "$python" "$dir/python/python3"
            echo "$dir/python"
            return
        fi
    done
    if command -v python3 >/dev/null; then
        say "python3 is without pika or aio_pika: making $dir/venv"
        # shellcheck disable=SC2086
        if python3 -m venv "$dir/venv" >&2 &&
            "$dir/venv/bin/python3" -m pip install --quiet $python_packages >&2; then
            echo "$dir/venv/bin"
            return
        fi
        rm -rf "$dir/venv"
    fi
    "$install" python3 python3-pika python3-aio-pika
    ln -sf /usr/bin/python3 "$dir/python/python3"
    speaks "$dir/python/python3" || {
        say "no python3 with pika and aio_pika could be had"
        exit 1
    }
    echo "$dir/python"
}

python=$(find_python)
command -v iconv >/dev/null || "$install" libc-bin
command -v node >/dev/null || "$install" nodejs
if [ ! -d "$dir/node_modules/amqplib" ]; then
    command -v npm >/dev/null || "$install" npm
    say "fetching $amqplib with npm into $dir"
    npm install --prefix "$dir" --no-save --no-audit --no-fund --loglevel error "$amqplib" >&2
fi
echo "$python:$PATH"
