#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Which log an entry belongs to (IVSS 9.1).
enum class LogKind {
  system,     ///< the server and its storage
  operation,  ///< what somebody did
  event,      ///< what happened to channels: alarms
  link,       ///< sign-ins and connections of cameras
};
std::string_view to_string(LogKind kind);
std::optional<LogKind> log_kind_from(std::string_view text);
/// The classes of a log's entries (IVSS 9.1), such as "scheduled-task"; `event_classes.cpp` has what is in
/// each.
std::vector<std::string_view> log_classes(LogKind log);

/// How much it matters (IVSS 7.6).
enum class Severity { notification, warning, error };
std::string_view to_string(Severity severity);
std::optional<Severity> severity_from(std::string_view text);

/// Something that happened, for operators and programs.
struct Event {
  std::int64_t sequence = 0;  ///< ascending without gaps from 1, over restarts
  base::UtcTime time = {};
  std::string type = {};     ///< "channel.offline"; EVENTS.md lists all
  std::string channel = {};  ///< id; empty when it concerns the server
  std::string channel_name = {};
  std::string cause = {};    ///< why, for a person or one word for programs
  std::string message = {};  ///< what happened, to which object, what to do
  boost::json::object data = {};
  std::string account = {};   ///< who did it; empty: nobody but the server
  std::string source = {};    ///< from which address, without port
  std::string result = "ok";  ///< or the code of what went wrong
  /// Name of the request that it follows from, as the message trace has it; empty: of none, or it is older
  /// than these names.
  std::string correlation = {};

  /// By the type, and by whether somebody did it.
  LogKind log() const;
  Severity severity() const;
  /// One of log_classes(log()); empty: of none, for a type that no version of this program had.
  std::string_view log_class() const;
};

/// An event together with how the public interface shows it, so that its text is made once for all readers.
struct ShownEvent {
  Event event;
  std::string json;
};

/// The events of the server, kept in a database over restarts; of each log the newest `keep`, of what was
/// refused the newest `keep_refused`, so that who is refused again and again cannot push out what others have
/// done. Any thread.
class EventLog {
 public:
  static constexpr std::int64_t keep = 100'000;
  static constexpr std::int64_t keep_refused = keep / 4;
  static constexpr std::size_t recent = 2'000;  ///< kept in memory for those who follow
  /// Called on the thread that appended, in order of the sequence; must not block and not append.
  using Listener = std::function<void(const Event&)>;

  static base::Result<std::unique_ptr<EventLog>> open(const std::filesystem::path& file,
                                                      const base::Clock& clock);

  /// Sets sequence and time, and the correlation of the thread where it has none, keeps the event and tells
  /// the listeners. An event that the database refuses is told to the listeners all the same, and the failure
  /// is logged.
  void append(Event event);
  /// Those with a sequence over `after`, oldest first.
  std::vector<Event> since(std::int64_t after, std::size_t limit) const;
  using Shown = std::vector<std::shared_ptr<const ShownEvent>>;
  /// The same; the newest come from memory.
  Shown shown_since(std::int64_t after, std::size_t limit) const;
  /// The same from memory alone, for threads that must not wait for the disk; nothing when it does not reach
  /// back so far.
  std::optional<Shown> recent_since(std::int64_t after, std::size_t limit) const;
  std::int64_t last() const;
  /// How many events after that number are kept no more: forgotten, or cleared.
  base::Result<std::int64_t> missing_since(std::int64_t after) const;

  /// Entries of one log that meet all conditions; empty ones are met by all.
  struct Query {
    LogKind log = LogKind::system;
    base::UtcTime from;
    base::UtcTime to;
    std::string type;  ///< the whole type or what it begins with before a dot
    std::optional<Severity> severity;
    std::string log_class;  ///< of those of the log
    std::string account;
    std::string source;
    std::string channel;
    std::string correlation;
    std::string text;           ///< anywhere in the message, in any case of ASCII letters
    std::string sort = "time";  ///< a column of sort_columns()
    bool descending = true;
    std::size_t limit = 100;
    std::size_t offset = 0;
  };
  struct Found {
    std::vector<Event> events;
    std::int64_t total = 0;  ///< without limit and offset
  };
  /// Errors: not_found.
  base::Result<Event> find(LogKind log, std::int64_t sequence) const;
  static const std::vector<std::string_view>& sort_columns();
  base::Result<Found> search(const Query& query) const;
  /// Gives `take` every event of these types, oldest first. It has a connection of its own: whoever searches
  /// meanwhile, also `take`, does not wait for it.
  base::Result<> each_of(const std::vector<std::string_view>& types,
                         const std::function<void(Event)>& take) const;
  /// Removes entries of a log: all, those of a severity or class, or one by its sequence. Returns how many.
  /// Their numbers are not used again.
  base::Result<std::int64_t> clear(LogKind log, std::optional<Severity> severity,
                                   std::optional<std::int64_t> sequence, std::string_view log_class = {});

  /// Tells `listener` every later event until the returned handle is destroyed.
  std::shared_ptr<void> listen(Listener listener);

 private:
  EventLog(std::filesystem::path file, platform::SqliteDatabase database, platform::SqliteDatabase reader,
           const base::Clock& clock);
  base::Result<> write(const Event& event);
  base::Result<> forget_oldest(LogKind log);
  base::Result<> forget_refused();
  static std::string_view columns();
  static Event read(const platform::SqliteStatement& row);

  const std::filesystem::path file_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::int64_t last_ = 0;
  std::deque<std::shared_ptr<const ShownEvent>> recent_;  ///< without gaps, up to last_
  std::vector<std::weak_ptr<Listener>> listeners_;
  mutable std::mutex reading_;  ///< of the reader; a long search keeps nobody from appending
  mutable platform::SqliteDatabase reader_;
};

/// Whether a row of the events is of that class of the log, as SQL; false for a class that there is not.
std::string condition_of_class(LogKind log, std::string_view name);

/// The event as the public interface shows it.
boost::json::object to_json(const Event& event);

}  // namespace watchrig::central
