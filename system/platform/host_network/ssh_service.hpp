#pragma once

#include <filesystem>

#include "system/platform/host_network/host_command.hpp"

namespace watchrig::platform {

/// Way into the machine's background by SSH: OpenSSH's server, switched by systemd, or run by this program
/// alone with a configuration and a host key of its own. One thread at a time; each call blocks it.
class SshService {
 public:
  enum class Backend {
    none,       ///< nothing is switched, with that reason
    systemctl,  ///< the machine's unit `ssh`
    sshd,       ///< an sshd of this program's own, which ends with it
  };
  struct Options {
    Backend backend = Backend::none;
    std::uint16_t port = 22;  ///< of the own sshd
  };

  SshService(Options options, std::filesystem::path folder, CommandRunner run, CommandLine prefix);

  Backend backend() const { return options_.backend; }
  /// Whether it runs now.
  bool running() const;
  /// Errors: denied without a backend, unavailable when it was refused.
  base::Result<> set(bool on);

 private:
  base::Result<> run_program(const CommandLine& words, bool in_namespace) const;
  base::Result<> start_own();
  pid_t own_process() const;

  const Options options_;
  const std::filesystem::path folder_;
  const CommandRunner run_;
  const CommandLine prefix_;
};

}  // namespace watchrig::platform
