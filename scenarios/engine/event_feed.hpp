#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/json/value.hpp>

#include "scenarios/engine/chronicle.hpp"
#include "scenarios/engine/halt.hpp"
#include "scenarios/engine/vms_process.hpp"

namespace watchrig::scenarios {

/// An event as vmsd reports it.
struct VmsEvent {
  std::int64_t sequence = 0;
  base::UtcTime time{};
  std::string type;
  std::string channel;  ///< name
  std::string cause;
  std::string message;
  std::string data;         ///< JSON text
  base::UtcTime arrived{};  ///< at the judge
};

/// Reads one entry of `GET /api/v1/events`; its times must be readable.
base::Result<VmsEvent> parse_event(const boost::json::value& entry);

/// Asks vmsd for its events over all its lives, and passes them on to the timeline and to whoever waits.
/// Bounded: the first 100,000. Any thread.
class EventFeed {
 public:
  /// All outlive the feed.
  EventFeed(const VmsProcess& vms, const base::Clock& clock, Chronicle& chronicle, Halt& halt);
  ~EventFeed();

  /// Those that fulfil the condition, in order of arrival.
  std::vector<VmsEvent> select(const std::function<bool(const VmsEvent&)>& condition) const;
  /// Asks once more now.
  void fetch();
  void stop();

 private:
  void run(const std::stop_token& token);
  void take(VmsEvent event);

  const VmsProcess& vms_;
  const base::Clock& clock_;
  Chronicle& chronicle_;
  Halt& halt_;
  mutable std::mutex mutex_;
  std::mutex fetching_;
  std::int64_t last_ = 0;
  unsigned life_ = 0;
  std::vector<VmsEvent> events_;
  std::set<std::tuple<std::int64_t, base::UtcTime, std::string>> known_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace watchrig::scenarios
