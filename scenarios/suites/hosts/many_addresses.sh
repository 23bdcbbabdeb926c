#!/usr/bin/env bash
# Runs a command where 198.51.100.0/24 (TEST-NET-2, RFC 5737) are addresses of this machine: in a network of its own, which
# needs no rights where the system lets users make one. 198.51.100.40 has the network card 52:54:00:aa:0b:01, as the kernel knows of a
# neighbour. 77: it does not.
set -euo pipefail
unshare --map-root-user --net true 2>/dev/null || {
  echo "skipped: this system lets nobody make a network namespace (unshare --map-root-user --net)"
  exit 77
}
# shellcheck disable=SC2016  # expanded by the inner shell
exec unshare --map-root-user --net sh -c 'ip link set lo up && ip route add local 198.51.100.0/24 dev lo &&
  ip link add lan type veth peer name host && ip link set lan up &&
  ip neigh add 198.51.100.40 lladdr 52:54:00:aa:0b:01 dev lan nud permanent && exec "$@"' sh "$@"
