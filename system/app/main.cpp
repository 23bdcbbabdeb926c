#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "system/app/restart.hpp"
#include "system/app/server.hpp"
#include "system/base/log.hpp"
#include "system/central/maintenance/installed_program.hpp"
#include "system/central/maintenance/upgrade_store.hpp"

namespace {

using namespace watchrig;

constexpr int wrong_usage = 2;

/// Exit codes: 0 stopped by a signal or by a user, 1 could not start, 2 wrong usage.
int fail(int code, const base::Error& error) {
  fmt::print(stderr, "vmsd: {}\n", error.message);
  return code;
}

/// The exit code, where nothing else runs in place of this program.
int run(int argc, char** argv) {
  CLI::App program{"vmsd: the Watchrig video management server"};
  app::CommandLine line{"", "", "all", {}};
  std::string clock = "scale=1";
  app::ServerOptions options;
  program.add_option("--config", line.config, "file of name = value lines");
  program.add_option("--data", options.data, "folder for recordings and databases")->capture_default_str();
  program.add_option("--roles", line.roles, "roles to run; all of them is the only choice so far")
      ->capture_default_str();
  program.add_option("--set", line.settings, "a setting, as name=value; may be repeated");
  std::string backup;
  auto* restore =
      program
          .add_option("--restore-backup", backup,
                      "puts a backup of the databases in place, the newest good one unless named, and starts")
          ->expected(0, 1);
  program.add_flag("--trial", options.trial, "ends as soon as everything listens: whether it would start");
  std::string instead_of;
  program.add_option("--instead-of", instead_of,
                     "the program to run again when this one, an upgrade, does not start");
  program.add_option("--clock", clock, "epoch=UTC,scale=X[,start=UTC]");
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : wrong_usage;
  }

  if (line.roles != "all")
    return fail(wrong_usage, {base::ErrorKind::invalid, "--roles: only \"all\" is known"});
  if (!line.config.empty()) {
    if (auto applied = app::apply_file(options, line.config); !applied)
      return fail(wrong_usage, applied.error());
  }
  for (const auto& setting : line.settings) {
    if (auto applied = app::apply_setting(options, setting); !applied) {
      return fail(wrong_usage, base::Error(applied.error()).within("--set"));
    }
  }
  if (auto allowed = central::check_settings(options.settings, options.product); !allowed)
    return fail(wrong_usage, allowed.error());
  const auto parsed = base::Clock::parse(clock);
  if (!parsed) return fail(wrong_usage, parsed.error());
  options.clock = *parsed;
  if (options.log_level == "debug") base::set_log_level(base::LogLevel::debug);
  if (options.log_level == "warning") base::set_log_level(base::LogLevel::warning);
  if (options.log_level == "error") base::set_log_level(base::LogLevel::error);

  if (restore->count() > 0) options.restore_backup = backup;
  const auto ended = app::run_server(options);
  line.data = options.data.string();
  const auto words = [&](const std::vector<std::string>& ports) {
    return app::words_for_restart(line, base::Clock::format(options.clock), ports);
  };
  if (ended && !ended->restart) return 0;
  if (ended) {
    auto again = words(ended->ports);
    auto failure = app::replace_program(again, ended->program);
    if (ended->program.empty()) return fail(1, failure);
    // That was one of the upgrade's tries.
    fail(1, failure);
    if (!instead_of.empty()) again.insert(again.end(), {"--instead-of", instead_of});
    return fail(1, app::replace_program(std::move(again), {}));
  }
  if (instead_of.empty()) {
    central::InstalledProgram(options.data / central::upgrade_folder).forget_tries();
    return fail(1, ended.error());
  }
  fail(1, ended.error());
  return fail(1, app::go_back(words({}), instead_of));
}

}  // namespace

/// An upgrade may not understand what the program before does.
int main(int argc, char** argv) {
  const int code = run(argc, argv);
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto before = code == wrong_usage ? app::take_instead_of(words) : std::filesystem::path();
  return before.empty() ? code : fail(1, app::go_back(std::move(words), before));
}
