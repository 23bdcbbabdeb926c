#include <boost/json/array.hpp>

#include "system/api/place_requests.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

/// That are tied to it, of those that the caller looks after.
std::size_t devices_of(ServerParts& parts, const Request& request) {
  central::DeviceQuery tied;
  tied.storage_server = central::Device::local_storage;
  tied.in_area = own_areas(parts, request);
  tied.limit = 0;
  return parts.central.registry().list(tied).total;
}

boost::asio::awaitable<Response> list_storage_servers(ServerParts& parts, Request request) {
  const auto alive = co_await parts.storage_queries.alive(trace_name(request));
  json::object server{{"id", central::Device::local_storage},
                      {"online", alive.has_value()},
                      {"devices", devices_of(parts, request)}};
  if (!alive) server["cause"] = alive.error().message;
  json::array list;
  list.push_back(std::move(server));
  co_return http::json_response(200, json::object{{"storage_servers", std::move(list)}});
}

}  // namespace

void add_storage_server_routes(http::Router& router, ServerParts& parts) {
  router.add("GET", "/api/v1/storage-servers", {"devices"},
             "Storage servers, to which devices are tied by their \"storage_server\"",
             [&parts](Request request) { return list_storage_servers(parts, std::move(request)); });
}

}  // namespace watchrig::api
