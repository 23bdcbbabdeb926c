#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/central/maintenance/signed_text.hpp"
#include "system/central/settings/settings.hpp"
#include "system/platform/host_network/ssh_service.hpp"

namespace watchrig::app {

inline constexpr const char* recordings_name = "recordings";  ///< in the data folder

/// Everything that vmsd can be told. Each setting has one name, used by --set, by the configuration file and
/// by messages.
struct ServerOptions {
  std::filesystem::path data = "watchrig-data";
  base::Clock::Settings clock;
  central::Product product;
  central::FixedSettings settings;  ///< those that hold as long as the program runs
  /// Of the recordings; "recordings" is in the data folder, all others are absolute.
  std::vector<std::filesystem::path> volumes = {recordings_name};
  unsigned threads = 0;  ///< of input and output; 0: one a core
  std::string log_level = "info";
  std::optional<std::string> restore_backup;  ///< put in place before the start; empty: the newest good one
  bool change_network = false;                ///< the machine's own, by iproute2
  std::string network_namespace;              ///< in place of the machine's own
  platform::SshService::Options ssh;
  std::filesystem::path resolver_file;  ///< of name servers; empty: the usual one
  std::filesystem::path dongle;         ///< what the driver of a licence dongle shows; empty: none
  central::MakerKey maker;              ///< of licences and upgrades
  bool trial = false;                   ///< ends cleanly as soon as it is up
  std::filesystem::path trace_file;     ///< gets each message between roles; empty: none
};

/// Applies `name=value`. Errors: invalid for an unknown name or a value out of range.
base::Result<> apply_setting(ServerOptions& options, std::string_view assignment);

/// Applies a file of `name = value` lines; # begins a comment. Errors name file and line.
base::Result<> apply_file(ServerOptions& options, const std::filesystem::path& file);

}  // namespace watchrig::app
