#pragma once

#include <memory>
#include <string>

#include <boost/asio/post.hpp>

#include "system/central/settings/settings.hpp"

namespace watchrig::central {

/// Calls `state->restart()` on `state->executor` with each change of the section while the state lives:
/// settings may outlive the lane on which it has its timer.
template <class State>
void restart_with_settings(Settings& settings, const std::string& section,
                           const std::shared_ptr<State>& state) {
  settings.listen(section, [weak = std::weak_ptr<State>(state)](const Settings::Change&) {
    if (const auto kept = weak.lock()) boost::asio::post(kept->executor, [kept] { kept->restart(); });
  });
}

/// Has the loop of such a state end, on its lane: `restart()` wakes it, and it looks at `stopped`.
template <class State>
void stop_on_lane(const std::shared_ptr<State>& state) {
  boost::asio::post(state->executor, [state] {
    state->stopped = true;
    state->restart();
  });
}

}  // namespace watchrig::central
