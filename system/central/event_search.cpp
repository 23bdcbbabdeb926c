#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "system/central/event_log.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

/// The conditions of a query as SQL, each value as a numbered parameter.
class Conditions {
 public:
  void add(std::string_view sql, std::variant<std::int64_t, std::string> value) {
    values_.push_back(std::move(value));
    add(fmt::format(fmt::runtime(sql), fmt::format("?{}", values_.size())));
  }
  void add(std::string_view sql) {
    text_ += text_.empty() ? " WHERE " : " AND ";
    text_ += sql;
  }
  const std::string& text() const { return text_; }

  void bind(platform::SqliteStatement& statement) const {
    statement.reset();
    for (int at = 0; const auto& value : values_) {
      ++at;
      std::visit([&](const auto& one) { statement.bind_at(at, one); }, value);
    }
  }

 private:
  std::string text_;
  std::vector<std::variant<std::int64_t, std::string>> values_;
};

std::int64_t nanoseconds(base::UtcTime time) { return time.time_since_epoch().count(); }

Conditions conditions_of(const EventLog::Query& query) {
  Conditions conditions;
  conditions.add("log = {}", std::string(to_string(query.log)));
  conditions.add("time_ns >= {}", nanoseconds(query.from));
  conditions.add("time_ns < {}", nanoseconds(query.to));
  if (query.severity) conditions.add("severity = {}", std::string(to_string(*query.severity)));
  if (!query.log_class.empty()) conditions.add(condition_of_class(query.log, query.log_class));
  if (!query.type.empty())
    conditions.add("(type = {0} OR substr(type, 1, length({0}) + 1) = {0} || '.')", query.type);
  if (!query.account.empty()) conditions.add("account = {}", query.account);
  if (!query.source.empty()) conditions.add("source = {}", query.source);
  if (!query.channel.empty()) conditions.add("channel = {}", query.channel);
  if (!query.correlation.empty()) conditions.add("correlation = {}", query.correlation);
  if (!query.text.empty()) conditions.add("instr(lower(message), lower({})) > 0", query.text);
  return conditions;
}

constexpr std::string_view severity_rank =
    "CASE severity WHEN 'notification' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END";

std::string_view sql_of(std::string_view column) {
  if (column == "time") return "time_ns";
  if (column == "severity") return severity_rank;
  return column == "channel" ? "channel_name" : column;
}

}  // namespace

const std::vector<std::string_view>& EventLog::sort_columns() {
  static const std::vector<std::string_view> columns{"time",   "type",   "severity", "account",
                                                     "source", "result", "channel",  "message"};
  return columns;
}

Result<EventLog::Found> EventLog::search(const Query& query) const {
  if (std::ranges::find(sort_columns(), query.sort) == sort_columns().end())
    return Error{ErrorKind::invalid, fmt::format("a log has no column \"{}\"", query.sort)};
  const auto conditions = conditions_of(query);
  const std::string_view direction = query.descending ? "DESC" : "ASC";
  const std::lock_guard lock(reading_);
  auto count = reader_.prepare("SELECT count(*) FROM event" + conditions.text());
  if (!count) return count.error();
  conditions.bind(*count);
  if (const auto row = count->step(); !row) return row.error();
  Found found{{}, count->integer(0)};
  auto select = reader_.prepare(
      fmt::format("SELECT {} FROM event{} ORDER BY {} {}, sequence {} LIMIT {} OFFSET {}", columns(),
                  conditions.text(), sql_of(query.sort), direction, direction, query.limit, query.offset));
  if (!select) return select.error();
  conditions.bind(*select);
  for (auto row = select->step();; row = select->step()) {
    if (!row) return row.error();
    if (!*row) return found;
    found.events.push_back(read(*select));
  }
}

Result<Event> EventLog::find(LogKind log, std::int64_t sequence) const {
  const std::lock_guard lock(reading_);
  auto select =
      reader_.prepare(fmt::format("SELECT {} FROM event WHERE log = ? AND sequence = ?", columns()));
  if (!select) return select.error();
  select->bind(to_string(log), sequence);
  const auto row = select->step();
  if (!row) return row.error();
  if (*row) return read(*select);
  return Error{ErrorKind::not_found, fmt::format("the {} log has no entry {}", to_string(log), sequence)};
}

Result<> EventLog::each_of(const std::vector<std::string_view>& types,
                           const std::function<void(Event)>& take) const {
  const std::vector<char> places(types.size(), '?');
  auto reader = platform::SqliteDatabase::open(file_);
  if (!reader) return reader.error();
  auto select = reader->prepare(fmt::format("SELECT {} FROM event WHERE type IN ({}) ORDER BY sequence",
                                            columns(), fmt::join(places, ",")));
  if (!select) return select.error();
  select->reset();
  for (int at = 0; const auto type : types) select->bind_at(++at, type);
  for (auto row = select->step();; row = select->step()) {
    if (!row) return row.error();
    if (!*row) return {};
    take(read(*select));
  }
}

Result<std::int64_t> EventLog::missing_since(std::int64_t after) const {
  const auto newest = last();
  if (after >= newest) return 0;
  const std::lock_guard lock(reading_);
  auto count = reader_.prepare("SELECT count(*) FROM event WHERE sequence > ? AND sequence <= ?");
  if (!count) return count.error();
  count->bind(after, newest);
  if (const auto row = count->step(); !row) return row.error();
  return newest - after - count->integer(0);
}

Result<std::int64_t> EventLog::clear(LogKind log, std::optional<Severity> severity,
                                     std::optional<std::int64_t> sequence, std::string_view log_class) {
  Conditions conditions;
  conditions.add("log = {}", std::string(to_string(log)));
  if (severity) conditions.add("severity = {}", std::string(to_string(*severity)));
  if (!log_class.empty()) conditions.add(condition_of_class(log, log_class));
  if (sequence) conditions.add("sequence = {}", *sequence);
  const std::lock_guard lock(mutex_);
  auto given = database_.prepare("UPDATE given SET last = ?");
  if (!given) return given.error();
  if (const auto done = given->bind(last_).run(); !done) return done.error();
  auto remove = database_.prepare("DELETE FROM event" + conditions.text());
  if (!remove) return remove.error();
  conditions.bind(*remove);
  if (const auto done = remove->run(); !done) return done.error();
  recent_.clear();
  return database_.changed_rows();
}

}  // namespace watchrig::central
