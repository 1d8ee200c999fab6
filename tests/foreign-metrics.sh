#!/bin/sh
# Looks at the alert rules with Prometheus' own tool: their form, and that each fires when it should.
set -eu
cd "$(dirname "$0")/.."

command -v promtool >/dev/null || deploy/install-packages.sh prometheus
promtool check rules deploy/alerts.yml
promtool test rules deploy/alerts.test.yml
