#include "system/central/event_log.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "system/base/log.hpp"

namespace watchrig::central {

using base::Result;
namespace json = boost::json;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, type TEXT NOT NULL,"
    " channel TEXT NOT NULL, channel_name TEXT NOT NULL, cause TEXT NOT NULL, message TEXT NOT NULL,"
    " data TEXT NOT NULL)"};

}  // namespace

EventLog::EventLog(platform::SqliteDatabase database, const base::Clock& clock)
    : clock_(clock), database_(std::move(database)) {}

Result<std::unique_ptr<EventLog>> EventLog::open(const std::filesystem::path& file,
                                                 const base::Clock& clock) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<EventLog> log(new EventLog(std::move(*database), clock));
  auto query = log->database_.prepare("SELECT coalesce(max(sequence), 0) FROM event");
  if (!query) return query.error();
  if (const auto row = query->step(); !row) return row.error();
  log->last_ = query->integer(0);
  return log;
}

void EventLog::append(Event event) {
  std::vector<std::shared_ptr<Listener>> listeners;
  const std::lock_guard lock(mutex_);
  event.sequence = ++last_;
  event.time = clock_.now();
  base::log_info("event {}: {}", event.type, event.message);
  if (const auto written = write(event); !written) {
    base::log_error("event {} is not kept: {}", event.sequence, written.error().message);
  }
  std::erase_if(listeners_, [&](const std::weak_ptr<Listener>& weak) {
    listeners.push_back(weak.lock());
    return !listeners.back();
  });
  for (const auto& listener : listeners) {
    if (listener) (*listener)(event);
  }
}

Result<> EventLog::write(const Event& event) {
  auto insert = database_.prepare("INSERT INTO event VALUES(?,?,?,?,?,?,?,?)");
  if (!insert) return insert.error();
  const std::int64_t time_ns = event.time.time_since_epoch().count();
  const std::string data = json::serialize(event.data);
  insert->bind(event.sequence, time_ns, event.type, event.channel, event.channel_name, event.cause,
               event.message, data);
  if (const auto done = insert->run(); !done || event.sequence % 1000 != 0) return done;
  auto forget = database_.prepare("DELETE FROM event WHERE sequence <= ?");
  if (!forget) return forget.error();
  return forget->bind(event.sequence - keep).run();
}

std::vector<Event> EventLog::since(std::int64_t after, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> events;
  auto query = database_.prepare("SELECT * FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?");
  if (!query) return events;
  query->bind(after, static_cast<std::int64_t>(limit));
  for (auto row = query->step(); row && *row; row = query->step()) {
    Event event;
    event.sequence = query->integer(0);
    event.time = base::UtcTime(base::Duration(query->integer(1)));
    event.type = query->text(2);
    event.channel = query->text(3);
    event.channel_name = query->text(4);
    event.cause = query->text(5);
    event.message = query->text(6);
    json::error_code failure;
    const json::value data = json::parse(query->text(7), failure);
    if (!failure && data.is_object()) event.data = data.as_object();
    events.push_back(std::move(event));
  }
  return events;
}

std::int64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::shared_ptr<void> EventLog::listen(Listener listener) {
  auto handle = std::make_shared<Listener>(std::move(listener));
  const std::lock_guard lock(mutex_);
  listeners_.push_back(handle);
  return handle;
}

json::object to_json(const Event& event) {
  return {{"seq", event.sequence},
          {"time", base::format_utc(event.time, 6)},
          {"type", event.type},
          {"channel", event.channel},
          {"channel_name", event.channel_name},
          {"cause", event.cause},
          {"message", event.message},
          {"data", event.data}};
}

}  // namespace watchrig::central
