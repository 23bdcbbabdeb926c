#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Something that happened, for operators and programs.
struct Event {
  std::int64_t sequence = 0;  ///< ascending without gaps from 1, over restarts
  base::UtcTime time;
  std::string type;     ///< "channel.offline"; the README lists all
  std::string channel;  ///< id; empty when it concerns the server
  std::string channel_name;
  std::string cause;    ///< why, for a person or one word for programs
  std::string message;  ///< what happened, to which object, what to do
  boost::json::object data;
};

/// The events of the server, kept in a database over restarts; the newest `keep` of them. Any thread.
class EventLog {
 public:
  static constexpr std::int64_t keep = 100'000;
  /// Called on the thread that appended, in order of the sequence; must not block and not append.
  using Listener = std::function<void(const Event&)>;

  static base::Result<std::unique_ptr<EventLog>> open(const std::filesystem::path& file,
                                                      const base::Clock& clock);

  /// Sets sequence and time, keeps the event and tells the listeners. An event that the database refuses is
  /// told to the listeners all the same, and the failure is logged.
  void append(Event event);
  /// Those with a sequence over `after`, oldest first.
  std::vector<Event> since(std::int64_t after, std::size_t limit) const;
  std::int64_t last() const;

  /// Tells `listener` every later event until the returned handle is destroyed.
  std::shared_ptr<void> listen(Listener listener);

 private:
  EventLog(platform::SqliteDatabase database, const base::Clock& clock);
  base::Result<> write(const Event& event);

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  mutable platform::SqliteDatabase database_;
  std::int64_t last_ = 0;
  std::vector<std::weak_ptr<Listener>> listeners_;
};

/// The event as the public interface shows it.
boost::json::object to_json(const Event& event);

}  // namespace watchrig::central
