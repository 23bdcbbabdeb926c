// Whose certificate is believed when the server connects to a device by TLS.
#include <algorithm>

#include "system/api/device_audit.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/central/certificates/device_trust.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::DevicePtr;
using central::DeviceTrust;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t digits = 64;  // of a SHA-256

json::object to_json(const central::Device& device, const DeviceTrust::State& state) {
  json::object object{{"policy", device.certificate}, {"tls", uses_tls(device)}, {"fingerprint", state.pin}};
  if (!state.refused) return object;
  const auto& [facts, at, why] = *state.refused;
  object["refused"] = {{"fingerprint", facts.fingerprint},
                       {"subject", facts.subject},
                       {"issuer", facts.issuer},
                       {"valid_from", base::format_utc(facts.not_before)},
                       {"valid_until", base::format_utc(facts.not_after)},
                       {"addresses", json::array(facts.addresses.begin(), facts.addresses.end())},
                       {"at", base::format_utc(at)},
                       {"reason", why}};
  return object;
}

Response show(ServerParts& parts, const Request& request) {
  const auto device = parts.central.registry().find(request.param("device"));
  if (!device) return http::error_response(device.error());
  const auto state = parts.central.device_trust().state((*device)->id);
  if (!state) return http::error_response(state.error());
  return http::json_response(200, to_json(**device, *state));
}

bool is_fingerprint(std::string_view text) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// By its fingerprint, so that nobody accepts another one than was looked at.
Response accept(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto fingerprint = fields.text("fingerprint");
  if (!is_fingerprint(fingerprint))
    fields.refuse("fingerprint", "must be a SHA-256: 64 digits of 0-9 and a-f");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto device = parts.central.registry().find(request.param("device"));
  if (!device) return http::error_response(device.error());
  const auto accepted = parts.central.device_trust().accept((*device)->id, fingerprint);
  if (!accepted) return http::error_response(accepted.error());
  tell_device(parts, "device.certificate-accepted", request, **device,
              "is known by the certificate " + fingerprint + " from now on");
  reconnect_channels(parts, **device);
  return show(parts, request);
}

}  // namespace

void add_device_certificate_routes(http::Router& router, ServerParts& parts) {
  const std::string path = "/api/v1/devices/{device}/certificate";
  router.add("GET", path, {"devices"},
             "The certificate that a device is known by, and the one that was refused, of connections by TLS",
             on_workers(parts, show));
  router.add("PUT", path, {"devices"},
             "Accepts a certificate by its fingerprint, also before the device has shown it",
             on_workers(parts, accept));
}

}  // namespace watchrig::api
