#include "system/platform/host_network/command_plan.hpp"

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

Result<> run_logged(const CommandLine& words, const CommandRunner& run, const CommandLine& prefix) {
  CommandLine command = prefix;
  command.insert(command.end(), words.begin(), words.end());
  const auto done = run(command);
  if (!done) {
    base::log_warning("host network: {}", done.error().message);
    return done.error();
  }
  if (done->status == 0) {
    base::log_info("host network: {}: done", to_string(command));
    return {};
  }
  const auto message =
      fmt::format("{}: exit code {}: {}", to_string(command), done->status, base::trim(done->errors));
  base::log_warning("host network: {}", message);
  return Error{ErrorKind::unavailable, message};
}

}  // namespace

Result<> carry_out(const CommandPlan& plan, const CommandRunner& run, const CommandLine& prefix) {
  for (std::size_t done = 0; done < plan.size(); ++done) {
    const auto ran = run_logged(plan[done].command, run, prefix);
    if (ran) continue;
    std::string stuck;
    for (std::size_t i = done; i-- > 0;) {
      if (plan[i].undo.empty()) continue;
      if (const auto undone = run_logged(plan[i].undo, run, prefix); !undone)
        stuck += "; could not be taken back: " + undone.error().message;
    }
    return Error{ran.error().kind, fmt::format("the operating system refused: {}{}", ran.error().message,
                                               stuck.empty() ? "; everything is as it was before" : stuck)};
  }
  return {};
}

}  // namespace watchrig::platform
