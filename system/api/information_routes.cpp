#include <boost/json/array.hpp>

#include "system/api/audit.hpp"
#include "system/api/log_requests.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

/// It tells of all areas.
std::optional<Response> refuse_kept(ServerParts& parts, const Request& request) {
  if (!parts.central.accounts().rights(request.account)->is_kept_to_areas()) return std::nullopt;
  return http::error_response(
      403, "denied", {}, "this tells of all areas, and your account is kept to some: read /api/v1/events");
}

Response list(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_kept(parts, request)) return *std::move(refusal);
  const auto severity = severity_of(request);
  if (!severity) return error_response(severity.error());
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  const auto found = parts.central.information().list(*severity, page->offset, page->limit);
  if (!found) return http::error_response(found.error());
  json::array entries;
  for (const auto& event : found->entries) entries.push_back(to_json(event));
  return http::json_response(
      200, page_json("entries", std::move(entries), static_cast<std::size_t>(found->total), *page));
}

Response clear(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_kept(parts, request)) return *std::move(refusal);
  const auto severity = severity_of(request);
  if (!severity) return error_response(severity.error());
  const auto cleared = parts.central.information().clear(*severity);
  return cleared ? http::no_content() : http::error_response(cleared.error());
}

Response clear_one(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_kept(parts, request)) return *std::move(refusal);
  const auto sequence = base::parse_number<std::int64_t>(request.param("number"));
  const auto cleared = parts.central.information().clear_one(sequence.value_or(0));
  return cleared ? http::no_content() : http::error_response(cleared.error());
}

}  // namespace

void add_information_routes(http::Router& router, ServerParts& parts) {
  const std::vector<http::QueryParameter> by_severity{
      {"severity", "error, warning or notification; all without it"}};
  router
      .add("GET", "/api/v1/system/information", {"system"},
           "Errors, warnings and notifications that nobody has cleared, newest first",
           on_workers(parts, list))
      .query = paged({by_severity.front()});
  router
      .add("DELETE", "/api/v1/system/information", {"system"},
           "Clears all of a severity, or everything; the logs keep it", on_workers(parts, clear))
      .query = by_severity;
  router.add("DELETE", "/api/v1/system/information/{number}", {"system"}, "Clears one entry",
             on_workers(parts, clear_one));
}

}  // namespace watchrig::api
