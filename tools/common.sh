# Sourced by the scripts of this folder and by .ci/run: progress lines, failures with a remedy, the build.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${WATCHRIG_BUILD:-$root/build}
cd "$root"

say() { printf '%s %s\n' "==>" "$*"; }

# fail WHAT REMEDY
fail() {
  printf 'error: %s\n  remedy: %s\n' "$1" "$2" >&2
  exit 1
}

# One compiler a core, but no more than memory allows: the largest translation units take 1.2 GB.
jobs() {
  local cores memory_gb
  cores=$(nproc)
  memory_gb=$(awk '/MemAvailable/ { print int($2 / 1200000) }' /proc/meminfo)
  ((memory_gb >= 1)) || memory_gb=1
  echo $((cores < memory_gb ? cores : memory_gb))
}

# build_in FOLDER "CMAKE OPTIONS" [TARGET...]: configures when needed, then builds. CMake decides what is out of date.
build_in() {
  local folder=$1 options=$2
  shift 2
  if [[ ! -f $folder/build.ninja ]]; then
    say "configuring $folder"
    # shellcheck disable=SC2086  # options are words
    cmake -G Ninja -S "$root" -B "$folder" $options >"$folder.log" 2>&1 || {
      tail -n 20 "$folder.log" >&2
      fail "CMake could not configure $folder (whole output: $folder.log)" \
        "./tools/setup.sh installs what is missing; rm -rf $folder if it was configured by another version"
    }
    rm -f "$folder.log"
  fi
  say "building ${*:-everything} in $folder with $(jobs) jobs"
  ninja -C "$folder" -j "$(jobs)" --quiet "$@" ||
    fail "the build in $folder failed" "see the first error above; ninja -C $folder -j 1 shows it alone"
}

# run_tests FOLDER [ARGUMENT OF CTEST...]: ctest, and after its summary the unit tests that were skipped.
run_tests() {
  local folder=$1 status=0
  shift
  ctest --test-dir "$folder" --output-on-failure --no-tests=error "$@" || status=$?
  skipped_unit_tests "$folder/Testing/Temporary/LastTest.log"
  return "$status"
}

# skipped_unit_tests LOG: "    PROGRAM TEST (Skipped): REASON" for each. To ctest a program with one is like any other.
skipped_unit_tests() {
  awk '
    /^[0-9]+\/[0-9]+ Testing: / { program = $3 }
    /^\[ RUN      \] / { reason = ""; in_reason = 0 }
    /^\[  SKIPPED \] .* \([0-9]+ ms\)$/ {
      if (!any++) print "unit tests that were skipped:"
      printf "    %s %s (Skipped): %s\n", program, $4, reason == "" ? "no reason told" : reason
    }
    in_reason && $0 == "" { in_reason = 0 }
    in_reason { reason = reason (reason == "" ? "" : " ") $0 }
    /: Skipped$/ { in_reason = 1 }
  ' "$1"
}
