#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "scenarios/engine/suite.hpp"
#include "simulators/app/rig.hpp"
#include "system/base/log.hpp"
#include "tools/watchrig/command.hpp"

namespace watchrig::tool {

namespace {

/// In the order of base::LogLevel.
const std::vector<std::string> log_levels{"debug", "info", "warning", "error"};

struct Arguments {
  rig::Options options;
  std::string clock = "scale=1";
  std::string log_level = "info";
  std::vector<std::string> settings;
};

/// Puts the rig of a scenario, its parameters filled in, in place of the file.
base::Result<> resolve_scenario(Arguments& arguments) {
  auto& options = arguments.options;
  const auto text = scenarios::read_text_file(options.file);
  if (!text) return text.error();
  if (!scenarios::is_scenario(*text)) {
    if (arguments.settings.empty()) return {};
    return base::Error{base::ErrorKind::invalid, fmt::format("--set: {} is no scenario", options.file)};
  }
  std::vector<scenarios::Override> overrides;
  for (const auto& setting : arguments.settings) {
    auto parsed = scenarios::parse_override(setting);
    if (!parsed) return parsed.error();
    overrides.push_back(std::move(*parsed));
  }
  const auto suite = scenarios::load_suite({options.file}, overrides);
  if (!suite) return suite.error();
  options.text = suite->front().rig;
  options.file = fmt::format("rig of {}", options.file);
  return {};
}

int run(Arguments& arguments) {
  const auto refuse = [](const base::Error& error) {
    fmt::print(stderr, "watchrig rig: {}\n", error.message);
    return exit_code::usage;
  };
  const auto clock = base::Clock::parse(arguments.clock);
  if (!clock) return refuse(base::Error(clock.error()).within("--clock"));
  if (const auto resolved = resolve_scenario(arguments); !resolved) return refuse(resolved.error());
  arguments.options.clock = *clock;
  const auto level = std::find(log_levels.begin(), log_levels.end(), arguments.log_level);
  base::set_log_level(static_cast<base::LogLevel>(level - log_levels.begin()));
  return rig::run(arguments.options);
}

}  // namespace

Action add_rig_command(CLI::App& command) {
  const auto arguments = std::make_shared<Arguments>();
  auto& options = arguments->options;
  command.add_option("file", options.file, "rig or scenario file")->required();
  command.add_option("--clock", arguments->clock, "epoch=UTC,scale=X[,start=UTC]");
  command.add_option("--seed", options.seed, "decides streets, SSRCs and what faults harm")
      ->capture_default_str();
  command.add_option("--control-port", options.control_port, "of the control interface; 0: any free one")
      ->capture_default_str();
  command.add_option("--threads", options.threads, "for media; 0: one a core")->capture_default_str();
  command.add_option("--log-level", arguments->log_level, "least important lines to write")
      ->check(CLI::IsMember(log_levels))
      ->capture_default_str();
  command.add_option("--set", arguments->settings, "parameter=value or id.attribute=value of a scenario");
  return [arguments] { return run(*arguments); };
}

}  // namespace watchrig::tool
