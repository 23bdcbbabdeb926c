#include "system/api/qr_code.hpp"
#include "system/api/routes.hpp"
#include "system/central/relay/relay_sections.hpp"

namespace watchrig::api {

using http::Request;
using http::Response;

namespace {

const http::Guard system{"system"};

Response show_p2p(ServerParts& parts) {
  auto status = parts.central.p2p().status();
  auto& state = status["state"];
  if (state == "registered") state = "success";
  status["code"] =
      central::p2p_code(parts.central.settings().values("p2p").values, parts.central.serial_number());
  // What leaves this server, for those who decide whether it may.
  status["shared"] =
      central::p2p_identity(parts.central.serial_number(), boost::asio::ip::address_v4::loopback());
  return http::json_response(200, status);
}

Response show_code(ServerParts& parts) {
  const auto values = parts.central.settings().values("p2p").values;
  auto svg = qr_code_svg(central::p2p_code(values, parts.central.serial_number()));
  if (!svg) return http::error_response(svg.error());
  Response response;
  response.content_type = "image/svg+xml";
  response.body = *std::move(svg);
  return response;
}

}  // namespace

void add_network_app_routes(http::Router& router, ServerParts& parts) {
  router.add_plain(
      "GET", "/api/v1/network/ddns", system,
      "Where the name of the settings ddns leads: state, address, last and next update",
      [&parts](const Request&) { return http::json_response(200, parts.central.ddns().status()); });
  router.add_plain(
      "GET", "/api/v1/network/registration", system,
      "Whether the proxy of the settings registration knows this server: state, since when, clients led in",
      [&parts](const Request&) { return http::json_response(200, parts.central.registration().status()); });
  router.add_plain(
      "GET", "/api/v1/network/p2p", system,
      "Remote access by the settings p2p: state (success when the relay knows this server), what is "
      "shared with it, the text of the QR code",
      [&parts](const Request&) { return show_p2p(parts); });
  router.add_plain("GET", "/api/v1/network/p2p/qr-code.svg", system,
                   "A QR code that leads a program to this server by P2P",
                   [&parts](const Request&) { return show_code(parts); });
}

}  // namespace watchrig::api
