#include <memory>
#include <random>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/model/report_json.hpp"
#include "tools/watchrig/command.hpp"
#include "tools/watchrig/run_support.hpp"

namespace watchrig::tool {

namespace {

struct Arguments {
  std::vector<std::string> paths;
  std::vector<std::string> sets;
  std::string rig;
  std::filesystem::path report = "watchrig-report";
  std::uint64_t seed = 0;
  unsigned jobs = 1;
  double time_scale = 1;
  bool strict = false;
  bool json = false;
};

int usage(const std::string& message) {
  fmt::print(stderr, "watchrig run: {}\n", message);
  return exit_code::usage;
}

/// As a shell would have to be told.
std::string quote(const std::string& word) {
  if (word.find_first_of(" '\"$\\*?;&|<>()") == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string command_line(const Arguments& arguments) {
  auto command = fmt::format("watchrig run --seed {}", arguments.seed);
  if (arguments.time_scale != 1) command += fmt::format(" --time-scale {}", arguments.time_scale);
  if (arguments.jobs != 1) command += fmt::format(" --jobs {}", arguments.jobs);
  if (!arguments.rig.empty()) command += " --rig " + quote(arguments.rig);
  if (arguments.strict) command += " --strict";
  for (const auto& set : arguments.sets) command += " --set " + quote(set);
  for (const auto& path : arguments.paths) command += " " + quote(path);
  return command;
}

int run(const Arguments& arguments) {
  std::vector<scenarios::Override> overrides;
  for (const auto& text : arguments.sets) {
    auto change = scenarios::parse_override(text);
    if (!change) return usage(change.error().message);
    overrides.push_back(*std::move(change));
  }
  const auto suite = scenarios::load_suite(arguments.paths, overrides, arguments.rig);
  if (!suite) return usage(suite.error().message);
  fmt::print(stderr, "seed {}, {} scenarios\n", arguments.seed, suite->size());
  scenarios::SuiteOptions options;
  options.report = std::filesystem::absolute(arguments.report);
  options.seed = arguments.seed;
  options.time_scale = arguments.time_scale;
  options.jobs = arguments.jobs;
  options.command = command_line(arguments);
  options.on_finished = print_result;
  reports::RunRecord record;
  const int code = run_and_report(std::move(options), *suite, arguments.strict, record);
  fmt::print(stderr, "{}: {}\n", reports::to_string(reports::overall_verdict(record)),
             (arguments.report / "index.html").string());
  if (arguments.json) fmt::print("{}\n", reports::to_json(record));
  return code;
}

}  // namespace

Action add_run_command(CLI::App& command) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->seed = std::random_device()();
  command.add_option("path", arguments->paths, "scenario files, and folders of them")->required();
  command.add_option("--report", arguments->report, "folder for report and evidence")->capture_default_str();
  command.add_option("--rig", arguments->rig,
                     "rig file whose devices take the place of those with the same ids");
  command.add_option("--seed", arguments->seed,
                     "drives every random draw; another one each run unless given");
  command.add_option("--jobs", arguments->jobs, "scenarios at a time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--time-scale", arguments->time_scale, "model seconds a real second")
      ->check(CLI::Range(0.001, 100000.0))
      ->capture_default_str();
  command.add_option("--set", arguments->sets, "name=value of a parameter, id.attribute=value of a device");
  command.add_flag("--strict", arguments->strict, "skips and unexpected passes count too");
  command.add_flag("--json", arguments->json, "report.json on standard output as well");
  return [arguments] { return run(*arguments); };
}

}  // namespace watchrig::tool
