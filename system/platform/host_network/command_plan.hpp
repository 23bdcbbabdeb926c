#pragma once

#include "system/platform/host_network/host_command.hpp"

namespace watchrig::platform {

/// A command, and the one that takes it back; no words: nothing to take back.
struct CommandStep {
  CommandLine command;
  CommandLine undo = {};
  bool operator==(const CommandStep&) const = default;
};
using CommandPlan = std::vector<CommandStep>;

/// Runs the steps one after the other, each with `prefix` before it, and logs each with its result. When one
/// fails, those before it are taken back, the last first, and the error says which failed, why, and whether
/// the state before is back. Blocks the thread.
base::Result<> carry_out(const CommandPlan& plan, const CommandRunner& run, const CommandLine& prefix);

}  // namespace watchrig::platform
