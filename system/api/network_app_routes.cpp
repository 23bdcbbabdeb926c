#include "system/api/routes.hpp"

namespace watchrig::api {

using http::Request;

void add_network_app_routes(http::Router& router, ServerParts& parts) {
  router.add_plain(
      "GET", "/api/v1/network/ddns", {"system"},
      "Where the name of the settings ddns leads: state, address, last and next update",
      [&parts](const Request&) { return http::json_response(200, parts.central.ddns().status()); });
}

}  // namespace watchrig::api
