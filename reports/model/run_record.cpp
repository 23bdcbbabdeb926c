#include "reports/model/run_record.hpp"

#include <algorithm>
#include <fstream>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::reports {
namespace {

/// The value behind `name :` in a file of /proc, or nothing.
std::string proc_value(const char* file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto [key, value] = base::split_once(line, ':');
    if (base::trim(key) == name) return std::string(base::trim(value));
  }
  return {};
}

}  // namespace

std::map<Verdict, std::size_t> count_verdicts(const RunRecord& run) {
  std::map<Verdict, std::size_t> counts;
  for (const Verdict verdict : all_verdicts) counts[verdict] = 0;
  for (const ScenarioRecord& scenario : run.scenarios) ++counts[scenario.verdict];
  return counts;
}

Verdict overall_verdict(const RunRecord& run) {
  if (run.scenarios.empty() && run.problem.empty()) return Verdict::skip;
  Verdict verdict = run.problem.empty() ? Verdict::pass : Verdict::harness_error;
  for (const ScenarioRecord& scenario : run.scenarios) verdict = worse(verdict, scenario.verdict);
  return verdict;
}

int exit_code(const RunRecord& run, bool strict) {
  if (run.scenarios.empty() && run.problem.empty()) return 4;
  const auto is_skipped = [](const ScenarioRecord& s) { return s.verdict == Verdict::skip; };
  const auto is_surprise = [](const ScenarioRecord& s) { return s.unexpected_pass; };
  switch (overall_verdict(run)) {
    case Verdict::harness_error:
      return 3;
    case Verdict::fail:
      return 1;
    case Verdict::inconclusive:
      return 5;
    default:
      break;
  }
  if (strict && std::ranges::any_of(run.scenarios, is_surprise)) return 1;
  if (strict && std::ranges::any_of(run.scenarios, is_skipped)) return 5;
  return std::ranges::all_of(run.scenarios, is_skipped) ? 5 : 0;
}

std::vector<EnvironmentEntry> describe_machine() {
  std::vector<EnvironmentEntry> facts;
  utsname system{};
  if (uname(&system) == 0) {
    facts.push_back({"host", system.nodename});
    facts.push_back({"system", fmt::format("{} {} {}", system.sysname, system.release, system.machine)});
  }
  if (auto model = proc_value("/proc/cpuinfo", "model name"); !model.empty())
    facts.push_back({"processor", model});
  facts.push_back({"cores", std::to_string(std::thread::hardware_concurrency())});
  const auto kilobytes =
      base::parse_number<std::uint64_t>(base::split_once(proc_value("/proc/meminfo", "MemTotal"), ' ').first);
  if (kilobytes)
    facts.push_back({"memory", fmt::format("{:.1f} GiB", static_cast<double>(*kilobytes) / 1048576)});
  return facts;
}

}  // namespace watchrig::reports
