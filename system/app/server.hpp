#pragma once

#include "system/app/server_options.hpp"

namespace watchrig::app {

/// Runs the server until SIGINT or SIGTERM; prints the ready line on standard output once every port listens.
/// An error when it could not start.
base::Result<> run_server(const ServerOptions& options);

}  // namespace watchrig::app
