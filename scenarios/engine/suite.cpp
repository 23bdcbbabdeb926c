#include "scenarios/engine/suite.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "scenarios/engine/rig_parts.hpp"
#include "scenarios/engine/step_table.hpp"

namespace watchrig::scenarios {

namespace {

using reports::ScenarioRecord;
using reports::Verdict;

struct File {
  std::string path;
  bool named;  ///< on the command line, so it has to be a scenario
};

base::Result<std::vector<File>> collect_files(const std::vector<std::string>& paths) {
  std::vector<File> files;
  for (const auto& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back({path, true});
      continue;
    }
    std::vector<File> found;
    for (std::filesystem::recursive_directory_iterator it(path, error), end; !error && it != end;
         it.increment(error)) {
      if (it->is_regular_file(error) && it->path().extension() == ".xml")
        found.push_back({it->path().string(), false});
    }
    if (error) return base::os_error("read folder", path, error.value());
    std::ranges::sort(found, {}, &File::path);
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

base::Result<> check_overrides(const std::vector<Override>& overrides, const std::set<std::size_t>& used,
                               std::size_t scenarios) {
  for (std::size_t i = 0; i < overrides.size() && scenarios > 0; ++i) {
    if (used.contains(i)) continue;
    const auto& change = overrides[i];
    return base::Error{
        base::ErrorKind::invalid,
        change.device.empty()
            ? fmt::format("--set {}=…: no selected scenario has a parameter of that name", change.name)
            : fmt::format("--set {0}.{1}=…: no selected scenario has a device \"{0}\"", change.device,
                          change.name)};
  }
  return {};
}

base::UtcTime real_now() { return base::Clock().now(); }

/// One clock for judge, rig and vmsd of all scenarios, so that their logs can be laid side by side.
base::Clock::Settings clock_settings(double scale) {
  const auto now = real_now();
  return {now, now, scale};
}

}  // namespace

base::Result<std::vector<Scenario>> load_suite(const std::vector<std::string>& paths,
                                               const std::vector<Override>& overrides,
                                               const std::string& rig_file) {
  const auto files = collect_files(paths);
  if (!files) return files.error();
  std::set<std::size_t> used;
  ParseOptions options;
  options.table = &step_table();
  options.overrides = overrides;
  options.used = &used;
  if (!rig_file.empty()) {
    auto text = options.read(rig_file);
    if (!text) return text.error();
    options.rig_file = *std::move(text);
    if (auto checked = bind_rig({}, options.rig_file); !checked) {
      return std::move(checked).error().within(rig_file);
    }
  }
  std::vector<Scenario> scenarios;
  std::map<std::string, std::string> ids;
  for (const auto& file : *files) {
    const auto text = options.read(file.path);
    if (!text) return text.error();
    if (!file.named && !is_scenario(*text)) continue;
    auto scenario = parse_scenario_text(*text, file.path, options);
    if (!scenario) return std::move(scenario).error();
    const auto [other, fresh] = ids.emplace(scenario->id, file.path);
    if (!fresh && other->second == file.path) continue;
    if (!fresh) {
      return base::Error{base::ErrorKind::invalid, fmt::format("{}:1: id \"{}\" is also that of {}",
                                                               file.path, scenario->id, other->second)};
    }
    scenarios.push_back(*std::move(scenario));
  }
  if (auto checked = check_overrides(overrides, used, scenarios.size()); !checked) return checked.error();
  return scenarios;
}

reports::RunRecord SuiteRun::run(const std::vector<Scenario>& scenarios) {
  const base::Clock clock(clock_settings(options_.time_scale));
  reports::RunRecord record;
  record.title = options_.title;
  record.command = options_.command;
  record.seed = options_.seed;
  record.clock = base::Clock::format(clock.settings());
  record.begin = real_now();
  record.environment = reports::describe_machine();
  record.environment.push_back({"vmsd", options_.equipment.vmsd.string()});
  record.scenarios.resize(scenarios.size());
  if (scenarios.empty()) record.problem = "no scenario was selected";
  {
    std::vector<std::jthread> workers;
    const auto jobs =
        std::min<std::size_t>(std::max(1U, options_.jobs), std::max<std::size_t>(1, scenarios.size()));
    for (std::size_t i = 0; i < jobs; ++i) {
      workers.emplace_back([&] { work_off(scenarios, record.scenarios, clock); });
    }
  }
  const std::lock_guard lock(mutex_);
  if (interrupted_) record.problem = "interrupted by a signal";
  record.end = real_now();
  return record;
}

void SuiteRun::work_off(const std::vector<Scenario>& scenarios, std::vector<ScenarioRecord>& records,
                        const base::Clock& clock) {
  for (;;) {
    std::size_t index = 0;
    {
      const std::lock_guard lock(mutex_);
      if (next_ == scenarios.size()) return;
      index = next_++;
    }
    auto record = run_one(scenarios[index], clock);
    const std::lock_guard lock(mutex_);
    records[index] = std::move(record);
    if (options_.on_finished) options_.on_finished(records[index]);
  }
}

ScenarioRecord SuiteRun::run_one(const Scenario& scenario, const base::Clock& clock) {
  Halt halt(clock);
  {
    const std::lock_guard lock(mutex_);
    halts_.push_back(&halt);
    if (interrupted_) halt.halt(Verdict::harness_error, "the run was interrupted");
  }
  const auto seed = options_.scenario_seed.value_or(derive_seed(options_.seed, scenario.id));
  ScenarioRecord record;
  if (halt.halted()) {
    record.id = scenario.id;
    record.title = scenario.title;
    record.file = scenario.file;
    record.seed = seed;
    record.verdict = Verdict::skip;
    record.reason = "the run was interrupted before";
  } else {
    record = run_scenario(scenario, {options_.equipment, options_.report, seed}, clock, halt);
  }
  const std::lock_guard lock(mutex_);
  std::erase(halts_, &halt);
  return record;
}

void SuiteRun::interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  for (auto* halt : halts_) halt->halt(Verdict::harness_error, "the run was interrupted");
}

}  // namespace watchrig::scenarios
