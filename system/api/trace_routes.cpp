#include <boost/json/array.hpp>

#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr std::int64_t most_entries = 1000;

Response list_messages(ServerParts& parts, const Request& request) {
  const auto after = number_of(request, "after", 0, 0, INT64_MAX);
  if (!after) return error_response(after.error());
  const auto limit = number_of(request, "limit", 100, 1, most_entries);
  if (!limit) return error_response(limit.error());
  platform::MessageTrace::Query query;
  query.correlation = request.query_value("correlation");
  query.name = request.query_value("name");
  query.from = request.query_value("from");
  query.to = request.query_value("to");
  query.after = static_cast<std::uint64_t>(*after);
  query.limit = static_cast<std::size_t>(*limit);
  json::array list;
  for (const auto& entry : parts.trace.find(query)) list.push_back(to_json(entry));
  return http::json_response(200, json::object{{"messages", std::move(list)}});
}

}  // namespace

void add_trace_routes(http::Router& router, ServerParts& parts) {
  router
      .add_plain("GET", "/api/v1/trace", {}, "The newest messages between roles",
                 [&parts](const Request& request) { return list_messages(parts, request); })
      .query = {{"correlation", "of the request that they follow from"},
                {"name", "of the message"},
                {"from", "role"},
                {"to", "role"},
                {"after", "number of a message; those after it", "integer"},
                {"limit", "most messages, 100 without it", "integer"}};
}

}  // namespace watchrig::api
