#include "system/central/event_log.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/base/correlation.hpp"
#include "system/base/log.hpp"

namespace watchrig::central {

using base::Result;
namespace json = boost::json;

namespace {

const std::vector<std::string_view> migrations{
    R"(CREATE TABLE event(sequence INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, type TEXT NOT NULL,
         channel TEXT NOT NULL, channel_name TEXT NOT NULL, cause TEXT NOT NULL, message TEXT NOT NULL,
         data TEXT NOT NULL))",
    // `given` has the highest number that was given when entries were cleared: none is given twice.
    R"(ALTER TABLE event ADD COLUMN account TEXT NOT NULL DEFAULT '';
       ALTER TABLE event ADD COLUMN source TEXT NOT NULL DEFAULT '';
       ALTER TABLE event ADD COLUMN result TEXT NOT NULL DEFAULT 'ok';
       ALTER TABLE event ADD COLUMN log TEXT NOT NULL DEFAULT 'event';
       ALTER TABLE event ADD COLUMN severity TEXT NOT NULL DEFAULT 'notification';
       CREATE TABLE given(last INTEGER NOT NULL);
       INSERT INTO given VALUES(0);
       CREATE INDEX event_by_log ON event(log, time_ns))",
    "CREATE INDEX event_by_number ON event(log, sequence)",
    "CREATE INDEX refused_event ON event(sequence) WHERE type IN ('operation.refused', 'account.refused')",
    "ALTER TABLE event ADD COLUMN correlation TEXT NOT NULL DEFAULT ''"};

constexpr std::int64_t events_between_cleanings = 1000;

}  // namespace

EventLog::EventLog(std::filesystem::path file, platform::SqliteDatabase database,
                   platform::SqliteDatabase reader, const base::Clock& clock)
    : file_(std::move(file)), clock_(clock), database_(std::move(database)), reader_(std::move(reader)) {}

Result<std::unique_ptr<EventLog>> EventLog::open(const std::filesystem::path& file,
                                                 const base::Clock& clock) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  auto reader = platform::SqliteDatabase::open(file, migrations);
  if (!reader) return reader.error();
  std::unique_ptr<EventLog> log(new EventLog(file, std::move(*database), std::move(*reader), clock));
  auto query = log->database_.prepare(
      "SELECT max((SELECT coalesce(max(sequence), 0) FROM event), (SELECT last FROM given))");
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
  if (event.correlation.empty()) event.correlation = base::correlation();
  base::log_info("event {}: {}", event.type, event.message);
  if (const auto written = write(event); !written) {
    base::log_error("event {} is not kept: {}", event.sequence, written.error().message);
  }
  std::erase_if(listeners_, [&](const std::weak_ptr<Listener>& weak) {
    listeners.push_back(weak.lock());
    return !listeners.back();
  });
  auto json = json::serialize(to_json(event));
  recent_.push_back(std::make_shared<const ShownEvent>(ShownEvent{std::move(event), std::move(json)}));
  if (recent_.size() > recent) recent_.pop_front();
  for (const auto& listener : listeners) {
    if (listener) (*listener)(recent_.back()->event);
  }
}

Result<> EventLog::write(const Event& event) {
  auto insert = database_.prepare(
      fmt::format("INSERT INTO event({}, log, severity) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", columns()));
  if (!insert) return insert.error();
  const std::int64_t time_ns = event.time.time_since_epoch().count();
  const std::string data = json::serialize(event.data);
  insert->bind(event.sequence, time_ns, event.type, event.channel, event.channel_name, event.cause,
               event.message, data, event.account, event.source, event.result, event.correlation,
               to_string(event.log()), to_string(event.severity()));
  if (const auto done = insert->run(); !done || event.sequence % events_between_cleanings != 0) return done;
  if (auto forgotten = forget_refused(); !forgotten) return forgotten;
  for (const auto log : {LogKind::system, LogKind::operation, LogKind::event, LogKind::link}) {
    if (auto done = forget_oldest(log); !done) return done;
  }
  return {};
}

Result<> EventLog::forget_oldest(LogKind log) {
  auto forget = database_.prepare(
      "DELETE FROM event WHERE log=?1 AND sequence <= (SELECT sequence FROM event WHERE log=?1 "
      "ORDER BY sequence DESC LIMIT 1 OFFSET ?2)");
  if (!forget) return forget.error();
  return forget->bind(to_string(log), keep).run();
}

Result<> EventLog::forget_refused() {
  auto forget = database_.prepare(
      "DELETE FROM event WHERE type IN ('operation.refused', 'account.refused') AND sequence <= (SELECT "
      "sequence "
      "FROM event WHERE type IN ('operation.refused', 'account.refused') ORDER BY sequence DESC LIMIT 1 "
      "OFFSET ?)");
  if (!forget) return forget.error();
  return forget->bind(keep_refused).run();
}

std::string_view EventLog::columns() {
  return "sequence, time_ns, type, channel, channel_name, cause, message, data, account, source, result, "
         "correlation";
}

Event EventLog::read(const platform::SqliteStatement& row) {
  Event event;
  event.sequence = row.integer(0);
  event.time = base::UtcTime(base::Duration(row.integer(1)));
  event.type = row.text(2);
  event.channel = row.text(3);
  event.channel_name = row.text(4);
  event.cause = row.text(5);
  event.message = row.text(6);
  json::error_code failure;
  const json::value data = json::parse(row.text(7), failure);
  if (!failure && data.is_object()) event.data = data.as_object();
  event.account = row.text(8);
  event.source = row.text(9);
  event.result = row.text(10);
  event.correlation = row.text(11);
  return event;
}

std::vector<Event> EventLog::since(std::int64_t after, std::size_t limit) const {
  const std::lock_guard lock(reading_);
  std::vector<Event> events;
  auto query = reader_.prepare(
      fmt::format("SELECT {} FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?", columns()));
  if (!query) return events;
  query->bind(after, static_cast<std::int64_t>(limit));
  for (auto row = query->step(); row && *row; row = query->step()) events.push_back(read(*query));
  return events;
}

std::optional<EventLog::Shown> EventLog::recent_since(std::int64_t after, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  if (after >= last_) return Shown();
  if (recent_.empty() || after + 1 < recent_.front()->event.sequence) return std::nullopt;
  const auto first = recent_.begin() + (after + 1 - recent_.front()->event.sequence);
  const auto there = static_cast<std::size_t>(recent_.end() - first);
  return Shown(first, first + static_cast<std::ptrdiff_t>(std::min(limit, there)));
}

EventLog::Shown EventLog::shown_since(std::int64_t after, std::size_t limit) const {
  if (auto newest = recent_since(after, limit)) return *std::move(newest);
  Shown shown;
  for (auto& event : since(after, limit)) {
    auto json = json::serialize(to_json(event));
    shown.push_back(std::make_shared<const ShownEvent>(ShownEvent{std::move(event), std::move(json)}));
  }
  return shown;
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
          {"data", event.data},
          {"log", to_string(event.log())},
          {"class", event.log_class()},
          {"severity", to_string(event.severity())},
          {"account", event.account},
          {"source", event.source},
          {"result", event.result},
          {"correlation", event.correlation}};
}

}  // namespace watchrig::central
