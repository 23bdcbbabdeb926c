#!/usr/bin/env bash
# Runs a command where 127.0.50.0/24 is a private network behind address translation: whoever is outside sees 127.0.99.1, and gets in only where
# somebody inside has connected out. In a network of its own, which needs no rights where the system lets users make one. 77: it does not.
set -euo pipefail
unshare --map-root-user --net true 2>/dev/null || {
  echo "skipped: this system lets nobody make a network namespace (unshare --map-root-user --net)"
  exit 77
}
# shellcheck disable=SC2016  # expanded by the inner shell
exec unshare --map-root-user --net sh -c 'ip link set lo up && nft -f - <<RULES && exec "$@"
table ip nat {
  chain out {
    type nat hook postrouting priority srcnat
    ip saddr 127.0.50.0/24 ip daddr != 127.0.50.0/24 snat to 127.0.99.1
  }
}
table ip filter {
  chain into {
    type filter hook input priority filter
    ip daddr 127.0.50.0/24 ip saddr != 127.0.50.0/24 ct state new drop
  }
}
RULES' sh "$@"
