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
  libpugixml-dev prometheus-cpp-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev libhowardhinnant-date-dev tzdata libpcap-dev libisal-dev libqrencode-dev
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
  libopencv-core-dev libopencv-imgproc-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  # software not written here, which tests and benchmarks use as peers; opencv-doc has real footage
  ffmpeg gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-libav gir1.2-gst-rtsp-server-1.0 python3-gi chromium opencv-doc tesseract-ocr sqlite3 libxml2-utils curl jq iproute2 nftables
  python3-aiosmtpd python3-jsonschema zbar-tools inadyn udhcpc udhcpd openssh-server
)

missing_packages() {
  local installed
  # shellcheck disable=SC2016  # the format is dpkg-query's
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
    awk '$1 == "installed" { print $2 }' | sort -u) || true
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) <(printf '%s\n' "$installed")
}

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

mapfile -t missing < <(missing_packages)
if ((${#missing[@]} == 0)); then
  install_node_peers
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
install_node_peers
say "setup: done"
