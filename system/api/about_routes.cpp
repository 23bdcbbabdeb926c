#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_refresh.hpp"
#include "system/api/gate.hpp"
#include "system/api/licence_json.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/program_version.hpp"
#include "system/api/routes.hpp"
#include "system/base/log.hpp"
#include "system/base/text.hpp"

namespace watchrig::embedded {
extern const std::string_view legal_agreement_txt;
extern const std::string_view legal_libraries_tsv;
}  // namespace watchrig::embedded

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view device_type = "Watchrig video management server";
/// Of the rules of passwords, locks, TLS, rights and signatures; raised when one of them becomes stricter.
constexpr std::string_view security_baseline = "1.0";

/// With what a client needs to know before it asks for more than there may be.
json::object product_json(const central::Product& product) {
  return {{"profile", product.profile->name},
          {"ports", product.ports->name},
          {"most_windows", product.profile->most_windows}};
}

Response about(ServerParts& parts, const Request&) {
  return http::json_response(200, json::object{{"device_type", device_type},
                                               {"system_version", program_version()},
                                               {"security_baseline", security_baseline},
                                               {"product", product_json(parts.central.product())},
                                               {"licence", licence_json(parts.licence.show())}});
}

/// Of the cards that have one; none where the network cannot be read, which is no reason to show nothing.
json::array macs_of(const platform::HostNetwork& network) {
  json::array macs;
  const auto view = network.view();
  if (!view) {
    base::log_warning("the network cards are not shown: {}", view.error().message);
    return macs;
  }
  for (const auto& card : view->now.cards) {
    if (!card.mac.empty()) macs.push_back(json::value(card.mac));
  }
  return macs;
}

std::int64_t count_in(const json::object& told, std::string_view name) {
  const auto* count = told.if_contains(name);
  return count && count->is_int64() ? count->get_int64() : 0;
}

/// What the server is called, by the settings `system`, and what it is (IVSS 8.2.1.1).
Response attributes(ServerParts& parts, const Request&) {
  const auto values = parts.central.settings().values("system").values;
  central::DeviceQuery all;
  all.limit = central::DeviceRegistry::most_devices;
  std::size_t channels = 0;
  std::uint64_t inputs = 0, outputs = 0;
  std::int64_t audio_inputs = 0, audio_outputs = 0;
  for (const auto& device : parts.central.registry().list(all).items) {
    channels += device->channels.size();
    inputs += device->inputs;
    outputs += device->outputs;
    const auto told = information_of(parts.central, device->id);
    if (!told) continue;  // removed meanwhile
    audio_inputs += count_in(*told, "audio_inputs");
    audio_outputs += count_in(*told, "audio_outputs");
  }
  return http::json_response(200, json::object{{"name", values.at("name")},
                                               {"description", values.at("description")},
                                               {"type", device_type},
                                               {"serial_number", parts.central.serial_number()},
                                               {"macs", macs_of(parts.host_network)},
                                               {"system_version", program_version()},
                                               {"video_inputs", channels},
                                               {"audio_inputs", audio_inputs},
                                               {"audio_outputs", audio_outputs},
                                               {"alarm_inputs", inputs},
                                               {"alarm_outputs", outputs}});
}

/// Of each library, what it is for, its licence, and where its text is.
std::string notice() {
  std::string text = "OPEN-SOURCE SOFTWARE IN WATCHRIG\n\n";
  bool heading = true;
  for (const auto line : base::split(embedded::legal_libraries_tsv, '\n')) {
    const auto column = base::split(line, '\t');
    constexpr std::size_t columns = 5;
    if (column.size() == columns && !heading) {
      text += fmt::format("{} ({}): {}\n    full text: /usr/share/doc/{}/copyright\n", column[0], column[4],
                          column[1], column[2]);
    }
    heading = false;
  }
  return text;
}

Response legal(const Request& request) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  if (request.param("text") == "agreement") {
    response.body = embedded::legal_agreement_txt;
  } else if (request.param("text") == "notice") {
    response.body = notice();
  } else {
    return http::error_response(404, "not_found", {}, "there are the texts \"agreement\" and \"notice\"");
  }
  return response;
}

}  // namespace

void add_about_routes(http::Router& router, ServerParts& parts) {
  router.add("GET", "/api/v1/system/about", {signed_in}, "Licence, type and versions of the server",
             on_workers(parts, about));
  router.add(
      "GET", "/api/v1/system/attributes", {signed_in},
      "What the server is called (settings system) and what it is; inputs and outputs are those of all "
      "devices together",
      on_workers(parts, attributes));
  // To be read before anybody can accept it.
  router.add_plain("GET", "/api/v1/system/legal/{text}", {everybody},
                   "The licence agreement (agreement) or the open-source notice (notice)", legal);
}

}  // namespace watchrig::api
