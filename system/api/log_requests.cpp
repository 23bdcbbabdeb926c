#include "system/api/log_requests.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::api {

using base::ErrorKind;
using central::FieldError;
using central::FieldResult;

namespace {

constexpr base::Duration longest_search = std::chrono::days(7);

FieldResult<base::UtcTime> time_of(const http::Request& request, const std::string& field,
                                   base::UtcTime otherwise) {
  const auto text = request.query_value(field);
  if (!text) return otherwise;
  const auto parsed = base::parse_utc(*text);
  if (!parsed) return FieldError{field, parsed.error()};
  return *parsed;
}

}  // namespace

FieldResult<Period> log_period(const ServerParts& parts, const http::Request& request) {
  // Now belongs to it.
  const auto to = time_of(request, "to", parts.clock.now() + base::Duration(1));
  if (!to) return to.error();
  const auto from = time_of(request, "from", *to - longest_search);
  if (!from) return from.error();
  if (*from >= *to) return FieldError{"to", {ErrorKind::invalid, "to must be later than from"}};
  if (*from < *to - longest_search)  // the span itself may be too long for a Duration
    return FieldError{"from", {ErrorKind::invalid, "a log is searched over at most 7 days at a time"}};
  return Period{*from, *to};
}

FieldResult<std::optional<central::Severity>> severity_of(const http::Request& request) {
  const auto text = request.query_value("severity");
  if (!text) return std::optional<central::Severity>();
  if (const auto severity = central::severity_from(*text)) return std::optional(*severity);
  return FieldError{"severity", {ErrorKind::invalid, "severity must be notification, warning or error"}};
}

FieldResult<std::string> log_class_of(const http::Request& request, central::LogKind log) {
  const auto name = request.query_value("class").value_or("");
  const auto classes = central::log_classes(log);
  if (name.empty() || std::ranges::find(classes, name) != classes.end())
    return FieldResult<std::string>(boost::system::in_place_value, name);
  return FieldError{
      "class",
      {ErrorKind::invalid, fmt::format("the {} log has no class \"{}\", but {}", central::to_string(log),
                                       name, fmt::join(classes, ", "))}};
}

FieldResult<LogOrder> log_order(const http::Request& request, const std::vector<std::string_view>& columns,
                                std::string_view usual) {
  LogOrder order{request.query_value("sort").value_or(fmt::format("-{}", usual))};
  order.descending = order.column.starts_with('-');
  if (order.descending) order.column.erase(0, 1);
  if (std::ranges::find(columns, order.column) != columns.end()) return order;
  return FieldError{"sort",
                    {ErrorKind::invalid, fmt::format("there is no column \"{}\", but {}", order.column,
                                                     fmt::join(columns, ", "))}};
}

}  // namespace watchrig::api
