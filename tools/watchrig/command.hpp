#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace watchrig::tool {

/// What a subcommand does once the command line was read; gives the exit code of the program.
using Action = std::function<int()>;

/// Exit codes, a contract with scripts and CI of others.
namespace exit_code {
inline constexpr int passed = 0;
inline constexpr int failed = 1;
inline constexpr int usage = 2;  ///< wrong usage or an unreadable file; the only one without a report
inline constexpr int harness = 3;
inline constexpr int nothing_selected = 4;
inline constexpr int inconclusive = 5;
}  // namespace exit_code

/// Each declares the options of one subcommand and gives its action, which is called after parsing. One file
/// a command.
Action add_rig_command(CLI::App& command);
Action add_run_command(CLI::App& command);
Action add_list_command(CLI::App& command);
Action add_replay_command(CLI::App& command);
Action add_coverage_command(CLI::App& command);
Action add_compare_command(CLI::App& command);
Action add_report_command(CLI::App& command);

}  // namespace watchrig::tool
