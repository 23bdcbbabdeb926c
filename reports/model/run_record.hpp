#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "reports/model/scenario_record.hpp"

namespace watchrig::reports {

/// One fact about where the run took place; shown in the order given.
struct EnvironmentEntry {
  std::string name;  ///< `watchrig`, `machine`, `cores`, …
  std::string value;
};
BOOST_DESCRIBE_STRUCT(EnvironmentEntry, (), (name, value))

/// One call of the harness: what report.json holds.
struct RunRecord {
  std::string title;    ///< `watchrig run`, `certify onvif-s`, …
  std::string command;  ///< the command line that runs it again, seed included
  std::uint64_t seed = 0;
  std::string clock;      ///< settings of base::Clock as text
  base::UtcTime begin{};  ///< real time
  base::UtcTime end{};
  std::string problem;  ///< why the run itself broke or selected nothing; empty otherwise
  std::vector<EnvironmentEntry> environment;
  std::vector<ScenarioRecord> scenarios;
};
BOOST_DESCRIBE_STRUCT(RunRecord, (),
                      (title, command, seed, clock, begin, end, problem, environment, scenarios))

/// Scenarios by verdict; their sum is the denominator, skips included.
std::map<Verdict, std::size_t> count_verdicts(const RunRecord& run);

/// The worst verdict of all scenarios. Harness-error when the run has a problem; skip when there is no
/// scenario.
Verdict overall_verdict(const RunRecord& run);

/// Exit code of `watchrig`: 3 harness-error, 1 fail, 5 inconclusive, 4 nothing selected, 0 otherwise. A run
/// in which every scenario was skipped is 5, because green would claim what nobody saw. Strict: a single skip
/// is 5, an unexpected pass is 1.
int exit_code(const RunRecord& run, bool strict = false);

/// `vmsd`/`watchrig`-independent facts: host name, operating system, processor, cores, memory.
std::vector<EnvironmentEntry> describe_machine();

}  // namespace watchrig::reports
