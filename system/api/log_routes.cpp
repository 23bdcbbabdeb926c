#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/log_requests.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"
#include "system/central/devices/csv.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::ErrorKind;
using central::EventLog;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

constexpr std::int64_t farthest = central::EventLog::keep;

FieldResult<central::LogKind> log_of(const Request& request) {
  const auto name = request.param("log");
  if (const auto log = central::log_kind_from(name)) return *log;
  return FieldError{{},
                    {ErrorKind::not_found, fmt::format("there is no log \"{}\"; there are system, operation, "
                                                       "event and link",
                                                       name)}};
}

FieldResult<EventLog::Query> query_from(const ServerParts& parts, const Request& request) {
  EventLog::Query query;
  const auto log = log_of(request);
  if (!log) return log.error();
  const auto period = log_period(parts, request);
  if (!period) return period.error();
  const auto severity = severity_of(request);
  if (!severity) return severity.error();
  const auto log_class = log_class_of(request, *log);
  if (!log_class) return log_class.error();
  const auto order = log_order(request, EventLog::sort_columns(), "time");
  if (!order) return order.error();
  const auto limit = number_of(request, "limit", PageRequest{}.limit, 1, longest_page);
  if (!limit) return limit.error();
  const auto offset = number_of(request, "offset", 0, 0, farthest);
  if (!offset) return offset.error();
  query.log = *log;
  query.from = period->from;
  query.to = period->to;
  query.severity = *severity;
  query.log_class = *log_class;
  query.sort = order->column;
  query.descending = order->descending;
  query.type = request.query_value("type").value_or("");
  query.account = request.query_value("account").value_or("");
  query.source = request.query_value("source").value_or("");
  query.channel = request.query_value("channel").value_or("");
  query.correlation = request.query_value("correlation").value_or("");
  query.text = request.query_value("text").value_or("");
  query.limit = static_cast<std::size_t>(*limit);
  query.offset = static_cast<std::size_t>(*offset);
  return query;
}

Response search_log(ServerParts& parts, const Request& request) {
  const auto query = query_from(parts, request);
  if (!query) return error_response(query.error());
  const auto found = parts.central.events().search(*query);
  if (!found) return http::error_response(found.error());
  json::array entries;
  for (const auto& event : found->events) entries.push_back(to_json(event));
  const PageRequest page{query->offset, query->limit};
  return http::json_response(
      200, page_json("entries", std::move(entries), static_cast<std::size_t>(found->total), page));
}

/// What a search finds, all of it, as a table.
Response export_log(ServerParts& parts, const Request& request) {
  auto query = query_from(parts, request);
  if (!query) return error_response(query.error());
  query->limit = static_cast<std::size_t>(central::EventLog::keep);
  const auto found = parts.central.events().search(*query);
  if (!found) return http::error_response(found.error());
  // What was added later comes last: programs may read the columns by their places.
  central::CsvTable table({"Number", "Time", "Type", "Severity", "User", "Address", "Result", "Channel",
                           "Message", "Details", "Class"});
  for (const auto& event : found->events) {
    table.add({std::to_string(event.sequence), base::format_utc(event.time, 6), event.type,
               std::string(to_string(event.severity())), event.account, event.source, event.result,
               event.channel_name, event.message,
               event.data.empty() ? std::string() : json::serialize(event.data),
               std::string(event.log_class())});
  }
  return http::file_response("text/csv; charset=utf-8", fmt::format("{}-log.csv", to_string(query->log)),
                             std::move(table).text());
}

/// Of the log, one severity or class of it, or one entry.
Response clear_log(ServerParts& parts, const Request& request, std::optional<std::int64_t> sequence) {
  const auto log = log_of(request);
  if (!log) return error_response(log.error());
  const auto severity = severity_of(request);
  if (!severity) return error_response(severity.error());
  const auto log_class = log_class_of(request, *log);
  if (!log_class) return error_response(log_class.error());
  const auto cleared = parts.central.events().clear(*log, *severity, sequence, *log_class);
  if (!cleared) return http::error_response(cleared.error());
  if (sequence && *cleared == 0)
    return http::error_response(404, "not_found", {},
                                fmt::format("the {} log has no entry {}", to_string(*log), *sequence));
  // Into the operation log, so that emptying that one cannot be hidden.
  json::object data{{"log", to_string(*log)}, {"cleared", *cleared}};
  for (const char* condition : {"severity", "class"}) {
    if (const auto value = request.query_value(condition)) data[condition] = *value;
  }
  if (sequence) data["seq"] = *sequence;
  tell(parts, request, "log.cleared",
       fmt::format("{} entries of the {} log were cleared by \"{}\"", *cleared, to_string(*log),
                   request.account),
       std::move(data));
  return http::json_response(200, json::object{{"cleared", *cleared}});
}

Response no_number() {
  return http::error_response(404, "not_found", {}, "an entry is named by its number \"seq\"");
}

Response show_entry(ServerParts& parts, const Request& request) {
  const auto log = log_of(request);
  if (!log) return error_response(log.error());
  const auto sequence = base::parse_number<std::int64_t>(request.param("entry"));
  if (!sequence) return no_number();
  const auto entry = parts.central.events().find(*log, *sequence);
  if (!entry) return http::error_response(entry.error());
  return http::json_response(200, to_json(*entry));
}

Response clear_entry(ServerParts& parts, const Request& request) {
  const auto sequence = base::parse_number<std::int64_t>(request.param("entry"));
  return sequence ? clear_log(parts, request, *sequence) : no_number();
}

/// Which classes each log has.
std::string class_help() {
  using central::LogKind;
  std::string help = "of the log; all without it";
  for (const auto log : {LogKind::system, LogKind::operation, LogKind::event, LogKind::link})
    help += fmt::format("; {}: {}", to_string(log), fmt::join(central::log_classes(log), ", "));
  return help;
}

}  // namespace

void add_log_routes(http::Router& router, ServerParts& parts) {
  const http::QueryParameter severity{"severity", "notification, warning or error; all without it"};
  const http::QueryParameter log_class{"class", class_help()};
  const std::initializer_list<http::QueryParameter> conditions{
      {"from", "UTC"},
      {"to", "UTC; 7 days after from at most"},
      {"type", "of the event, or its first words up to a dot"},
      severity,
      log_class,
      {"account", "who did it"},
      {"source", "from which address"},
      {"channel", "id"},
      {"correlation", "the X-Request-Id of the request that it follows from"},
      {"text", "in the message"},
      {"sort", fmt::format("{}; with - before it descending", fmt::join(EventLog::sort_columns(), ", "))}};
  router
      .add("GET", "/api/v1/logs/{log}", {"logs"}, "Entries of the system, operation, event or link log",
           on_workers(parts, search_log))
      .query = paged(conditions);
  router
      .add("GET", "/api/v1/logs/{log}/file", {"logs"}, "All that such a search finds, as a CSV file",
           as_task(parts, "log.export", export_log))
      .query = conditions;
  router
      .add("DELETE", "/api/v1/logs/{log}", {"logs", true}, "Clears a log, or one severity or class of it",
           on_workers(parts, [](ServerParts& all,
                                const Request& request) { return clear_log(all, request, std::nullopt); }))
      .query = {severity, log_class};
  router.add("GET", "/api/v1/logs/{log}/{entry}", {"logs"}, "One entry of a log, with all its details",
             on_workers(parts, show_entry));
  router.add("DELETE", "/api/v1/logs/{log}/{entry}", {"logs", true}, "Clears one entry of a log",
             on_workers(parts, clear_entry));
}

}  // namespace watchrig::api
