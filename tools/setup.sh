#!/usr/bin/env bash
# Installs the Debian 12 packages that Watchrig is built, run and tested with. Quick when nothing is missing.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(
  # build
  g++ cmake ninja-build mold ccache pkg-config git
  # checks: format, tidy, fuzzing
  clang clang-format clang-tidy libclang-rt-14-dev llvm shellcheck python3
  # libraries
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libfmt-dev libspdlog-dev libcli11-dev libssl-dev libargon2-dev
  libpugixml-dev prometheus-cpp-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev libhowardhinnant-date-dev tzdata libpcap-dev libisal-dev libqrencode-dev libarchive-dev
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
  libopencv-core-dev libopencv-imgproc-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  # software not written here, which tests and benchmarks use as peers; opencv-doc has real footage
  ffmpeg gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-libav gir1.2-gst-rtsp-server-1.0 python3-gi chromium opencv-doc tesseract-ocr sqlite3 libxml2-utils openssl curl jq iproute2 nftables
  python3-aiosmtpd python3-jsonschema zbar-tools inadyn udhcpc udhcpd openssh-server
)

# Servers that tests use as peers and that must not be installed: Debian would start them as services, and one sets the
# clock. They are unpacked into a folder instead, with those of their libraries that are not there.
servers=(chrony rsyslog)
server_libraries=(libcap2 libedit2 libbsd0 libseccomp2 libestr0 libfastjson4 liblognorm5)

# missing_of PACKAGE...: those that are not installed, one a line
missing_of() {
  local installed
  # shellcheck disable=SC2016  # the format is dpkg-query's
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    awk '$1 == "installed" { print $2 }' | sort -u) || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed")
}
missing_packages() { missing_of "${packages[@]}"; }

as_root() {
  if [[ $(id -u) == 0 ]]; then
    DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive "$@"
  else
    fail "installing packages needs root" "run ./tools/setup.sh as root, or install sudo"
  fi
}

command -v dpkg-query >/dev/null ||
  fail "this is not Debian" "use Debian 12, for example in a container; tools/setup.sh lists the packages needed"

# Node.js comes from wherever it came from, or from Debian.
command -v npm >/dev/null || packages+=(nodejs npm)

# Programs from the npm registry that tests use as peers; without them those tests are reported as skipped.
install_node_peers() {
  local folder
  folder=$(dirname "${BASH_SOURCE[0]}")/node
  cmp --quiet "$folder/package-lock.json" "$folder/node_modules/installed.json" && return
  say "setup: installing the peers of tools/node"
  if npm ci --silent --no-audit --no-fund --prefix "$folder"; then
    cp "$folder/package-lock.json" "$folder/node_modules/installed.json"
  else
    say "setup: npm cannot install them; the tests that use them will be skipped (is the npm registry reachable?)"
  fi
}

# write_start FOLDER PROGRAM OPTIONS: starts an unpacked server with its own libraries, wherever the folder is then
write_start() {
  cat >"$1/bin/$2" <<END
#!/bin/sh
here=\${0%/bin/*}
LD_LIBRARY_PATH=\$here/usr/lib/x86_64-linux-gnu:\$here/lib/x86_64-linux-gnu exec "\$here/usr/sbin/$2" $3 "\$@"
END
  chmod +x "$1/bin/$2"
}

# Without asking anybody for a password: what is wanted is optional.
may_become_root() { [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null; }

servers_run() {
  "$1/bin/chronyd" --version >/dev/null 2>&1 && "$1/bin/rsyslogd" -v >/dev/null 2>&1
}

# unpack_servers FOLDER: false when they cannot be fetched
unpack_servers() {
  local whole=$1 folder wanted package
  mapfile -t wanted < <(missing_of "${server_libraries[@]}")
  # Beside the place where it will be, so that nobody ever finds a part of it there.
  mkdir -p "${whole%/*}" && folder=$(mktemp -d "$whole.XXXXXX") || return 1
  mkdir -p "$folder/packages" "$folder/bin"
  # apt-get leaves them in the folder that it is called in.
  (cd "$folder/packages" && apt-get download --quiet "${servers[@]}" ${wanted[@]+"${wanted[@]}"}) >"$server_log" 2>&1 ||
    { rm -rf "$folder" && return 1; }
  for package in "$folder"/packages/*.deb; do
    dpkg-deb -x "$package" "$folder" || return 1
  done
  rm -rf "$folder/packages"
  write_start "$folder" chronyd ""
  # shellcheck disable=SC2016  # for the start to expand
  write_start "$folder" rsyslogd '-M "$here/usr/lib/x86_64-linux-gnu/rsyslog"'
  servers_run "$folder" || return 1
  rm -rf "$whole"
  chmod 755 "$folder"
  # Another setup may have been quicker.
  mv -T "$folder" "$whole" 2>/dev/null || rm -rf "$folder"
}

# Without them the tests that use them are reported as skipped. tools/python/peers.py looks for them in this folder, which is
# outside of the tree, so that a clean clone needs no network.
install_servers() {
  local folder=${XDG_CACHE_HOME:-~/.cache}/watchrig/peers server_log
  server_log=$(mktemp)
  # shellcheck disable=SC2064  # the name is known now
  trap "rm -f '$server_log'" RETURN
  servers_run "$folder" && return
  say "setup: unpacking ${servers[*]} into $folder (nothing is installed or started)"
  unpack_servers "$folder" && return
  # The lists of packages may be missing, or older than what the archive has.
  if may_become_root && as_root apt-get update --quiet >/dev/null 2>&1 && unpack_servers "$folder"; then return; fi
  tail -n 3 "$server_log" >&2 || true
  say "setup: cannot unpack them; the tests that use them will be skipped" \
    "(with a network run ./tools/setup.sh again, or copy the folder from a machine that has it)"
}

install_peers() {
  install_node_peers
  install_servers
}

mapfile -t missing < <(missing_packages)
if ((${#missing[@]} == 0)); then
  install_peers
  say "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

say "setup: installing ${#missing[@]} packages, a few minutes on a fresh machine: ${missing[*]}"
install() { as_root apt-get install --yes --quiet --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}"; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Fetching the lists takes longer than finding out that they are good enough.
if [[ -z $(find /var/lib/apt/lists -name '*_Packages*' -mmin -1440 -print -quit 2>/dev/null) ]] || ! install >"$log" 2>&1; then
  say "setup: fetching the package lists"
  as_root apt-get update --quiet >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "apt-get update failed" "check the network and /etc/apt/sources.list"
  }
  say "setup: installing with the new lists"
  install >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "apt-get install failed" "Debian 12 (bookworm) with its main archive is needed; see the lines above"
  }
fi
mapfile -t missing < <(missing_packages)
((${#missing[@]} == 0)) || fail "still missing: ${missing[*]}" "install them by hand and run ./tools/setup.sh again"
install_peers
say "setup: done"
