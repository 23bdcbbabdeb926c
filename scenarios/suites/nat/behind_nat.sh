#!/usr/bin/env bash
# Runs a command where there are other networks than the server's. In a network of its own, which needs no rights where the system lets users
# make one. 77: it does not.
# * 127.0.50.0/24 is private, behind address translation: whoever is outside sees 127.0.99.1, and gets in only where somebody inside has connected out, and
#   at the ports 5540 (media) and 8040 (signalling) of any address in 127.0.98.0/24, as that of a dial-up line is, which lead to 127.0.50.40.
# * 127.0.60.0/24 is behind a router that leads to the server (127.0.0.1) and from there to all ports, but for the media port 5540 of 127.0.60.40; nowhere else.
set -euo pipefail
unshare --map-root-user --net true 2>/dev/null || {
  echo "skipped: this system lets nobody make a network namespace (unshare --map-root-user --net)"
  exit 77
}
# shellcheck disable=SC2016  # expanded by the inner shell
exec unshare --map-root-user --net sh -c 'ip link set lo up && nft -f - <<RULES && exec "$@"
table ip nat {
  chain mapped {
    type nat hook output priority -100
    ip daddr 127.0.98.0/24 tcp dport { 5540, 8040 } dnat to 127.0.50.40
  }
  chain out {
    type nat hook postrouting priority srcnat
    ip saddr 127.0.50.0/24 ip daddr != 127.0.50.0/24 snat to 127.0.99.1
  }
}
table ip filter {
  chain into {
    type filter hook input priority filter
    ip daddr 127.0.50.0/24 ip saddr != 127.0.50.0/24 ct status dnat accept
    ip daddr 127.0.50.0/24 ip saddr != 127.0.50.0/24 ct state new drop
    ip daddr 127.0.60.40 tcp dport 5540 reject with tcp reset
    ip daddr 127.0.60.0/24 ip saddr != { 127.0.0.1, 127.0.60.0/24 } drop
    ip saddr 127.0.60.0/24 ip daddr != { 127.0.0.1, 127.0.60.0/24 } drop
  }
}
RULES' sh "$@"
