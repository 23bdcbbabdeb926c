#!/usr/bin/env bash
# Sets up if needed, builds, runs the smoke suite with virtual cameras against vmsd, and says where the report is.
# Arguments go to `watchrig run`: ./tools/run.sh --seed 7
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/tools/setup.sh"
build_in "$build" "" vmsd watchrig export_check
report=$build/report
say "running the smoke suite, scenarios/suites/smoke"
status=0
"$build/bin/watchrig" run scenarios/suites/smoke --jobs "$(nproc)" --report "$report" "$@" || status=$?
if [[ -f $report/index.html ]]; then say "report: $report/index.html"; fi
((status == 0)) || fail "watchrig run ended with exit code $status" \
  "open the report; exit codes: 1 failed, 2 usage, 3 harness or environment broke, 4 nothing selected, 5 inconclusive"
