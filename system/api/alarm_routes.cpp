// The log of alarms: what began and ended at channels and devices (platform manual 1.5.2).
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/log_requests.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/routes.hpp"
#include "system/central/alarm_log.hpp"
#include "system/central/devices/csv.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::ErrorKind;
using central::AlarmQuery;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

FieldResult<std::optional<bool>> active_of(const Request& request) {
  const auto text = request.query_value("active");
  if (!text) return std::optional<bool>();
  if (*text == "true" || *text == "false") return std::optional(*text == "true");
  return FieldError{"active", {ErrorKind::invalid, "active must be true or false"}};
}

FieldResult<void> check_type(const std::string& type) {
  const auto types = central::alarm_types();
  if (type.empty() || std::ranges::find(types, type) != types.end()) return {};
  return FieldError{"type",
                    {ErrorKind::invalid, fmt::format("type must be one of {}", fmt::join(types, ", "))}};
}

FieldResult<AlarmQuery> query_from(const ServerParts& parts, const Request& request) {
  const auto period = log_period(parts, request);
  if (!period) return period.error();
  const auto order = log_order(request, central::alarm_columns(), "start");
  if (!order) return order.error();
  const auto active = active_of(request);
  if (!active) return active.error();
  const auto type = request.query_value("type").value_or("");
  if (const auto known = check_type(type); !known) return known.error();
  AlarmQuery query;
  query.from = period->from;
  query.to = period->to;
  query.type = type;
  query.channel = request.query_value("channel").value_or("");
  query.device = request.query_value("device").value_or("");
  if (const auto device = parts.central.registry().find(query.device)) {
    for (const auto& channel : (*device)->channels) query.device_channels.push_back(channel.id);
  }
  query.text = request.query_value("text").value_or("");
  query.active = *active;
  query.sort = order->column;
  query.descending = order->descending;
  return query;
}

Response search(ServerParts& parts, const Request& request) {
  auto query = query_from(parts, request);
  if (!query) return error_response(query.error());
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  query->offset = page->offset;
  query->limit = page->limit;
  const auto found = find_alarms(parts.central.events(), *query);
  if (!found) return http::error_response(found.error());
  json::array alarms;
  for (const auto& alarm : found->alarms) alarms.push_back(to_json(alarm));
  return http::json_response(200, page_json("alarms", std::move(alarms), found->total, *page));
}

/// What a search finds, all of it, as a table.
Response export_table(ServerParts& parts, const Request& request) {
  auto query = query_from(parts, request);
  if (!query) return error_response(query.error());
  query->limit = static_cast<std::size_t>(central::EventLog::keep);
  const auto found = find_alarms(parts.central.events(), *query);
  if (!found) return http::error_response(found.error());
  central::CsvTable table({"Source", "Type", "Start", "End", "Cause", "Message"});
  for (const auto& alarm : found->alarms) {
    table.add({alarm.source, alarm.type, base::format_utc(alarm.began, 6),
               alarm.ended ? base::format_utc(*alarm.ended, 6) : std::string(), alarm.cause, alarm.message});
  }
  return http::file_response("text/csv; charset=utf-8", "alarm-log.csv", std::move(table).text());
}

}  // namespace

void add_alarm_routes(http::Router& router, ServerParts& parts) {
  const std::initializer_list<http::QueryParameter> conditions{
      {"from", "UTC; an alarm that was on at any time since is found"},
      {"to", "UTC; 7 days after from at most"},
      {"type", fmt::format("{}", fmt::join(central::alarm_types(), ", "))},
      {"channel", "id"},
      {"device", "id"},
      {"text", "in source or message"},
      {"active", "true: those that go on; false: those that have ended", "boolean"},
      {"sort", "source, type, start or end; with - before it descending"}};
  router
      .add(
          "GET", "/api/v1/alarm-log", {"logs"},
          "Alarms with their start and end, newest first; what was cleared of the event and link logs is not "
          "among them",
          on_workers(parts, search))
      .query = paged(conditions);
  router
      .add("GET", "/api/v1/alarm-log/file", {"logs"}, "All that such a search finds, as a CSV file",
           as_task(parts, "log.export", export_table))
      .query = conditions;
}

}  // namespace watchrig::api
