#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "scenarios/engine/child_process.hpp"
#include "system/http/http_client.hpp"

namespace watchrig::scenarios {

/// Where a running vmsd listens.
struct VmsReady {
  std::string http;
  std::string rtsp;
};

/// Reads the ready line of vmsd.
base::Result<VmsReady> parse_vms_ready(std::string_view line);

/// The system under test: started, killed and started again on the same data. Any thread; starting and ending
/// it is for one step at a time.
class VmsProcess {
 public:
  struct Options {
    std::vector<std::string> command;  ///< program and arguments
    std::filesystem::path log;         ///< of all its lives, one after the other
    /// It ended although nobody asked it to; called on another thread.
    std::function<void(ExitStatus)> on_crash;
  };

  explicit VmsProcess(Options options) : options_(std::move(options)) {}

  /// Waits until it is ready, at most 30 s. not_found: no such program. Conflict: it already runs.
  base::Result<> start();
  /// SIGKILL. Conflict: it does not run.
  base::Result<> kill();
  /// SIGTERM; the error says that it had to be killed or how it ended otherwise.
  base::Result<> stop();

  bool running() const;
  /// How often it was started.
  unsigned lives() const { return lives_; }
  /// 0 while it does not run.
  pid_t pid() const;
  http::HttpClient api() const;
  std::string rtsp() const;

 private:
  base::Result<std::shared_ptr<ChildProcess>> leaving();

  const Options options_;
  mutable std::mutex mutex_;
  std::shared_ptr<ChildProcess> process_;
  VmsReady ready_;
  std::atomic<unsigned> lives_ = 0;
  /// The life that is being ended on purpose; its end is no crash.
  std::atomic<unsigned> ending_ = 0;
};

}  // namespace watchrig::scenarios
