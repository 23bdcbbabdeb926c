#pragma once

#include "system/app/server_options.hpp"

namespace watchrig::app {

/// How a server that ran has ended.
struct Ended {
  bool restart = false;  ///< somebody wants it to run again
  /// name=port of those that could be any free one, for clients that will come again.
  std::vector<std::string> ports;
  std::filesystem::path program;  ///< of an upgrade, to run in place of one's own; empty: one's own
};

/// Runs the server until SIGINT or SIGTERM, or until somebody ends it over HTTP; prints the ready line on
/// standard output once every port listens. An error when it could not start.
base::Result<Ended> run_server(const ServerOptions& options);

}  // namespace watchrig::app
