#pragma once

#include <functional>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::platform {

/// A program's name and its arguments, one each: no shell ever reads them.
using CommandLine = std::vector<std::string>;

/// What a program has left behind.
struct CommandOutcome {
  int status = 0;      ///< exit code, 128 and its number for a signal
  std::string output;  ///< standard output, at most 4 MiB
  std::string errors;  ///< standard error, the same
};

/// Runs a program and waits for its end, at most `deadline` of real time, because the program does not know
/// the clock; then it is killed. Errors: not_found (no such program), timeout, full (more output than that),
/// io. An exit code that is not 0 is no error here. Blocks the thread.
base::Result<CommandOutcome> run_command(const CommandLine& command, base::Duration deadline);

/// The same as a value, so that a test can stand in for the operating system.
using CommandRunner = std::function<base::Result<CommandOutcome>(const CommandLine&)>;

/// Its words with blanks between, for messages and logs.
std::string to_string(const CommandLine& command);

}  // namespace watchrig::platform
