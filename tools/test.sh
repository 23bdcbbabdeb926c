#!/usr/bin/env bash
# Sets up if needed, builds, and runs all tests. Arguments go to ctest: ./tools/test.sh -L unit
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/tools/setup.sh"
build_in "$build" ""
say "running the tests"
# Tests that start programs are marked RUN_SERIAL, so that unit tests can use every core.
run_tests "$build" --parallel "$(nproc)" "$@" ||
  fail "tests failed" "ctest --test-dir $build --rerun-failed --output-on-failure runs them again"
