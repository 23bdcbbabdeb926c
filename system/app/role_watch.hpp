#pragma once

#include <set>

#include <boost/asio/any_io_executor.hpp>

#include "system/api/work_pool.hpp"
#include "system/central/event_log.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::app {

/// Asks the roles whether they are there, and tells once when one falls silent and when it answers again. One
/// thread at a time.
class RoleWatch {
 public:
  /// A role has so much real time for its answer. Bus and log outlive it.
  RoleWatch(platform::MessageBus& bus, central::EventLog& events,
            base::Duration patience = std::chrono::seconds(10))
      : bus_(bus), events_(events), patience_(patience) {}

  /// Waits for the answers.
  void ask_all();

 private:
  void note(const std::string& role, const base::Result<boost::json::object>& answer);

  platform::MessageBus& bus_;
  central::EventLog& events_;
  const base::Duration patience_;
  std::set<std::string> silent_;
};

/// Asks every 30 s of the clock, but not more often than each second, on the pool; until the executor ends.
/// Everything outlives both.
void watch_roles(boost::asio::any_io_executor executor, const base::Clock& clock, api::WorkPool& workers,
                 RoleWatch& watch);

}  // namespace watchrig::app
