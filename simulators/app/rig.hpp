#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::rig {

struct Options {
  std::string file;                 ///< a rig file
  std::optional<std::string> text;  ///< the rig itself; `file` is then its name in messages only
  base::Clock::Settings clock;      ///< see base::Clock::parse()
  std::uint64_t seed = 1;
  std::uint16_t control_port = 0;  ///< on the loopback interface; 0: any free one
  unsigned threads = 0;            ///< for media; 0: one a core
};

/// The devices of a rig file, running in this process, with their control interface. Construct, use and
/// destroy on one thread.
class Rig {
 public:
  /// Everything listens when this returns. Errors: those of the file; unavailable when a port is taken.
  static base::Result<std::unique_ptr<Rig>> start(const Options& options);
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /// One line of JSON: how to reach control interface and devices.
  std::string ready_line() const;
  /// `http://127.0.0.1:port`
  std::string control_url() const;
  const base::Clock& clock() const;
  /// Serves until SIGINT or SIGTERM or until stop() is called; then devices say goodbye, for at most a
  /// second.
  void run();
  /// Any thread.
  void stop();

 private:
  struct State;
  explicit Rig(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Runs a rig in the foreground: the ready line on standard output, the log on standard error. The exit code:
/// 0 stopped by a signal, 2 the file is wrong or unreadable, 3 the environment (a port) was against it.
int run(const Options& options);

}  // namespace watchrig::rig
