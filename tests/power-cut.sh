#!/bin/bash
# Cuts the power of a store's disk under load, ROUNDS times (default 50), and looks that everything
# acknowledged is there. Wants a broker in KVIT_AMQP_URL, root, loop devices, mkfs.ext4 and perl.
#
#   power-cut.sh        0: it was so each time; 77: it cannot be tried on this machine
set -euo pipefail
cd "$(dirname "$0")/.."

cannot() {
    echo "power-cut: NOT TESTED: $1" >&2
    exit 77
}

[ "$(id -u)" = 0 ] || cannot "only root may mount a disk"
for tool in losetup mkfs.ext4 mount umount perl; do
    command -v "$tool" >/dev/null || cannot "$tool is not installed"
done
free=$(losetup --find 2>/dev/null) || cannot "there are no loop devices"
[ -b "$free" ] || cannot "there are no loop devices"
grep -qw ext4 /proc/filesystems || cannot "the kernel has no ext4"

KVIT_POWER_CUTS=${ROUNDS:-50} exec cargo test --locked --workspace --test it -- \
    --nocapture faults::power::
