#pragma once

#include <filesystem>
#include <string>

#include "reports/model/scenario_record.hpp"
#include "scenarios/engine/bench.hpp"

namespace watchrig::scenarios {

/// What one run of a scenario needs besides the scenario.
struct ScenarioRun {
  Equipment equipment;
  std::filesystem::path report;  ///< folder; evidence goes below it
  std::uint64_t seed = 0;        ///< of this scenario
};

/// Runs one scenario from the start of its rig to the end of its vmsd. Whatever goes wrong is in the record.
/// The halt is this scenario's own; who interrupts the run halts it.
reports::ScenarioRecord run_scenario(const Scenario& scenario, const ScenarioRun& run,
                                     const base::Clock& clock, Halt& halt);

/// A seed of its own for each scenario of a run, the same whatever else runs.
std::uint64_t derive_seed(std::uint64_t run_seed, std::string_view scenario_id);

/// Judges with what is known: a failure that is known for these devices becomes a pass with a note, and a
/// pass in spite of one is announced.
void apply_known_failures(const std::vector<ExpectedFailure>& known, reports::ScenarioRecord& record);

}  // namespace watchrig::scenarios
