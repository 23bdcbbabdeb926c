#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::scenarios {

/// How a process ended.
struct ExitStatus {
  int code = 0;    ///< exit code; meaningless after a signal
  int signal = 0;  ///< that ended it, 0: none

  bool clean() const { return code == 0 && signal == 0; }
};

/// `exit code 3`, `signal 11 (Segmentation fault)`.
std::string to_string(const ExitStatus& status);

/// A program that this one started, in a process group of its own. Whatever happens to this process, the
/// child is killed with it. Any thread.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;              ///< program and arguments
    std::filesystem::path error_log;               ///< standard error is appended
    std::filesystem::path output_log = {};         ///< standard output but its first line; empty: dropped
    std::function<void(ExitStatus)> on_exit = {};  ///< called once on another thread
  };

  /// Starts it. not_found when the program cannot be executed.
  static base::Result<std::unique_ptr<ChildProcess>> start(Options options);
  /// Kills the whole group if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const;
  /// The first line of its standard output, waited for in real time: timeout, or unavailable when it ended
  /// before.
  base::Result<std::string> first_line(std::chrono::milliseconds deadline);
  /// Its end, if that comes within the time.
  std::optional<ExitStatus> wait(std::chrono::milliseconds deadline);
  std::optional<ExitStatus> exited() const;
  /// Sends a signal to the group; ignored once it has ended.
  void signal(int number);
  /// SIGTERM, and SIGKILL when it does not end within the time. The second is false when it had to be killed.
  std::pair<ExitStatus, bool> stop(std::chrono::milliseconds patience);

 private:
  struct State;
  explicit ChildProcess(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// The last lines of a text file, at most `lines` and 16 KiB.
std::string tail_of_file(const std::filesystem::path& file, std::size_t lines);

}  // namespace watchrig::scenarios
