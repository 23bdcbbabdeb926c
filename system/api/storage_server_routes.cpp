#include <boost/json/array.hpp>

#include "system/api/place_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

/// With how many of the caller's devices are tied to it. The only one is in this process, so it is online.
Response list_storage_servers(ServerParts& parts, const Request& request) {
  central::DeviceQuery tied;
  tied.storage_server = central::Device::local_storage;
  tied.in_area = own_areas(parts, request);
  tied.limit = 0;
  json::array list;
  list.push_back({{"id", central::Device::local_storage},
                  {"online", true},
                  {"devices", parts.central.registry().list(tied).total}});
  return http::json_response(200, json::object{{"storage_servers", std::move(list)}});
}

}  // namespace

void add_storage_server_routes(http::Router& router, ServerParts& parts) {
  router.add("GET", "/api/v1/storage-servers", {"devices"},
             "Storage servers, to which devices are tied by their \"storage_server\"",
             on_workers(parts, list_storage_servers));
}

}  // namespace watchrig::api
