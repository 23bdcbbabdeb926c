#pragma once

#include <string>
#include <vector>

#include "reports/model/run_record.hpp"
#include "scenarios/engine/suite.hpp"

namespace watchrig::tool {

/// The programs beside this one, and a folder for data below the report folder. not_found when vmsd is
/// missing (WATCHRIG_VMSD in the environment names another one).
base::Result<scenarios::Equipment> find_equipment(const std::filesystem::path& report);

/// One line about a scenario that is over: `pass  smoke.cut-and-return  12.3 s`, with the reason below it.
void print_result(const reports::ScenarioRecord& record);

/// Runs, ends early on SIGINT or SIGTERM, writes the report and says where it is. The exit code of the
/// program. Everything that can still be said about the run is in `run`.
int run_and_report(scenarios::SuiteOptions options, const std::vector<scenarios::Scenario>& scenarios,
                   bool strict, reports::RunRecord& run);

}  // namespace watchrig::tool
