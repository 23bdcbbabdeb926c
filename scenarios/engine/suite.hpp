#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/model/run_record.hpp"
#include "scenarios/engine/scenario_parser.hpp"
#include "scenarios/engine/scenario_run.hpp"

namespace watchrig::scenarios {

/// Reads every scenario that the paths name: files, and folders with all that is below them. In a folder, XML
/// with another root element (what scenarios include) is passed over. Errors name file and line: a file that
/// cannot be read, an id that occurs twice, an override that no scenario has a use for. The
/// devices of `rig_file`, unless it is empty, take the place of those with the same ids.
base::Result<std::vector<Scenario>> load_suite(const std::vector<std::string>& paths,
                                               const std::vector<Override>& overrides,
                                               const std::string& rig_file = {});

struct SuiteOptions {
  Equipment equipment;
  std::filesystem::path report;
  std::uint64_t seed = 0;
  /// Set to replay one scenario with the seed that it had, in place of one derived from `seed`.
  std::optional<std::uint64_t> scenario_seed;
  double time_scale = 1;
  unsigned jobs = 1;
  std::string title = "watchrig run";
  std::string command;  ///< for the report
  /// Told of each scenario when it is over, on any thread, one at a time.
  std::function<void(const reports::ScenarioRecord&)> on_finished;
};

/// Runs scenarios, some at a time. Each has its own processes, ports and folders.
class SuiteRun {
 public:
  explicit SuiteRun(SuiteOptions options) : options_(std::move(options)) {}

  /// Blocks until all are over. The records have the order of the scenarios.
  reports::RunRecord run(const std::vector<Scenario>& scenarios);
  /// Ends every scenario under way and starts no other; what they prove is then unknown. Any thread.
  void interrupt();

 private:
  reports::ScenarioRecord run_one(const Scenario& scenario, const base::Clock& clock);
  void work_off(const std::vector<Scenario>& scenarios, std::vector<reports::ScenarioRecord>& records,
                const base::Clock& clock);

  const SuiteOptions options_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  bool interrupted_ = false;
  std::vector<Halt*> halts_;
};

}  // namespace watchrig::scenarios
