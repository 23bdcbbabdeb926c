// What the server tells of itself by ONVIF (ONVIF Core 8): identity, services, time, network.
#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <unistd.h>

#include <fmt/format.h>

#include "system/api/onvif_face/onvif_face.hpp"
#include "system/api/program_version.hpp"
#include "system/central/time/local_time.hpp"
#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using protocols::AccessClass;
using protocols::add;
using protocols::address_of;
using protocols::children;
using protocols::refuse;
using protocols::SoapCall;
using protocols::SoapOutcome;
using protocols::SoapService;

namespace {

SoapOutcome device_information(const ServerParts& parts, SoapCall& call) {
  add(call.answer, "tds:Manufacturer", "Watchrig");
  add(call.answer, "tds:Model", "Watchrig VMS");
  add(call.answer, "tds:FirmwareVersion", program_version());
  add(call.answer, "tds:SerialNumber", parts.central.serial_number());
  add(call.answer, "tds:HardwareId", "vmsd");
  return {};
}

/// POSIX.1, 8.3: a name and what is to be added to get UTC, "<+0530>-05:30".
std::string posix_zone(std::chrono::seconds offset) {
  const bool east = offset >= std::chrono::seconds::zero();
  const std::chrono::hh_mm_ss parts(east ? offset : -offset);
  return fmt::format("<{0}{2:02}{3:02}>{1}{2:02}:{3:02}", east ? '+' : '-', east ? '-' : '+',
                     parts.hours().count(), parts.minutes().count());
}

SoapOutcome date_and_time(const ServerParts& parts, SoapCall& call) {
  auto& settings = parts.central.settings();
  const auto now = parts.clock.now();
  const auto local = central::LocalTime::from(settings.values("time").values);
  auto node = add(call.answer, "tds:SystemDateAndTime");
  add(node, "tt:DateTimeType", settings.flag("ntp", "enabled") ? "NTP" : "Manual");
  add(node, "tt:DaylightSavings", local && local->is_daylight(now) ? "true" : "false");
  if (local) add(add(node, "tt:TimeZone"), "tt:TZ", posix_zone(local->offset(now)));
  protocols::add_date_time(node, "tt:UTCDateTime", now);
  if (local) protocols::add_date_time(node, "tt:LocalDateTime", now + local->offset(now));
  return {};
}

SoapOutcome capabilities(SoapCall& call) {
  std::set<std::string> wanted;
  for (const auto& category : children(call.request, "Category")) {
    const std::string name = category.text().get();
    if (name != "All" && name != "Device" && name != "Media" && name != "PTZ") {
      return refuse({"ter:ActionNotSupported", "ter:NoSuchService"},
                    fmt::format("there is no service \"{}\" here", protocols::one_line(name)));
    }
    wanted.insert(name);
  }
  const auto asked = [&](const char* name) {
    return wanted.empty() || wanted.contains("All") || wanted.contains(name);
  };
  auto all = add(call.answer, "tds:Capabilities");
  if (asked("Device"))
    protocols::add_device_capabilities(all, address_of(call, onvif_device_path), false, {});
  if (asked("Media")) protocols::add_media_capabilities(all, address_of(call, onvif_media_path));
  if (asked("PTZ")) add(add(all, "tt:PTZ"), "tt:XAddr", address_of(call, onvif_ptz_path));
  return {};
}

SoapOutcome service_capabilities(SoapCall& call) {
  auto all = add(call.answer, "tds:Capabilities");
  protocols::add_device_service_capabilities(all,
                                             {{"UsernameToken", "true"},
                                              {"HttpDigest", "true"},
                                              {"MaxUsers", std::to_string(central::OnvifAccounts::most)},
                                              {"MaxUserNameLength", "31"},
                                              {"MaxPasswordLength", "32"}},
                                             false);
  return {};
}

SoapOutcome hostname(SoapCall& call) {
  std::array<char, 256> name{};
  auto information = add(call.answer, "tds:HostnameInformation");
  add(information, "tt:FromDHCP", "false");
  if (::gethostname(name.data(), name.size() - 1) == 0) add(information, "tt:Name", name.data());
  return {};
}

SoapOutcome scopes(SoapCall& call) {
  for (const char* scope : {"onvif://www.onvif.org/type/video_encoder", "onvif://www.onvif.org/hardware/vmsd",
                            "onvif://www.onvif.org/name/Watchrig"}) {
    auto node = add(call.answer, "tds:Scopes");
    add(node, "tt:ScopeDef", "Fixed");
    add(node, "tt:ScopeItem", scope);
  }
  return {};
}

void add_card(pugi::xml_node answer, const platform::HostNetwork::View& view,
              const platform::NetworkCard& card) {
  const auto wanted = view.wanted.cards.find(card.name);
  const bool dhcp = wanted == view.wanted.cards.end() ? card.leased : wanted->second.dhcp;
  auto node = add(answer, "tds:NetworkInterfaces");
  node.append_attribute("token") = card.name.c_str();
  add(node, "tt:Enabled", card.enabled ? "true" : "false");
  auto info = add(node, "tt:Info");
  add(info, "tt:Name", card.name);
  add(info, "tt:HwAddress", card.mac);
  add(info, "tt:MTU", std::to_string(card.mtu));
  if (card.addresses.empty()) return;
  auto v4 = add(node, "tt:IPv4");
  add(v4, "tt:Enabled", "true");
  auto config = add(v4, "tt:Config");
  for (const auto& [ip, prefix] : card.addresses) {
    auto address = add(config, dhcp ? "tt:FromDHCP" : "tt:Manual");
    add(address, "tt:Address", platform::format_ipv4(ip));
    add(address, "tt:PrefixLength", std::to_string(prefix));
    if (dhcp) break;  // the schema has room for one
  }
  add(config, "tt:DHCP", dhcp ? "true" : "false");
}

/// The operating system takes its time: its programs are run.
asio::awaitable<SoapOutcome> network_interfaces(ServerParts& parts, SoapCall& call) {
  base::Result<platform::HostNetwork::View> view =
      base::Error{base::ErrorKind::unavailable, "the server has too much to do; ask again"};
  WorkPool::Work look = [&] {
    view = parts.host_network.view();
    return http::no_content();
  };
  (void)co_await parts.workers.run(onvif_account(call.user), look);
  if (!view) {
    SoapOutcome failed =
        protocols::SoapFault{protocols::SoapFault::Blame::receiver, {"ter:Action"}, view.error().message};
    co_return failed;
  }
  for (const auto& card : view->now.cards) add_card(call.answer, *view, card);
  co_return SoapOutcome();
}

void add_protocol(SoapCall& call, const char* name, bool enabled, int port) {
  auto node = add(call.answer, "tds:NetworkProtocols");
  add(node, "tt:Name", name);
  add(node, "tt:Enabled", enabled ? "true" : "false");
  add(node, "tt:Port", std::to_string(port));
}

SoapOutcome network_protocols(const ServerParts& parts, SoapCall& call) {
  const auto https = parts.https.state();
  add_protocol(call, "HTTP", true, parts.ports.http);
  if (https.enabled) add_protocol(call, "HTTPS", true, https.port);
  const int rtsp = parts.ports.rtsp;
  add_protocol(call, "RTSP", rtsp != 0,
               rtsp != 0 ? rtsp : static_cast<int>(parts.central.settings().number("rtsp", "port")));
  return {};
}

}  // namespace

SoapService onvif_device_service(ServerParts& p) {
  using A = AccessClass;
  SoapService service{"tds", onvif_device_path, 22, 12, {}};
  service.operations = {
      {"GetSystemDateAndTime", A::pre_auth, [&p](SoapCall& c) { return date_and_time(p, c); }},
      {"GetServices", A::pre_auth,
       [&p](SoapCall& c) -> SoapOutcome {
         protocols::add_services(onvif_services(p), c);
         return {};
       }},
      {"GetServiceCapabilities", A::pre_auth, service_capabilities},
      {"GetCapabilities", A::pre_auth, capabilities},
      {"GetHostname", A::pre_auth, hostname},
      {"GetDeviceInformation", A::read_system, [&p](SoapCall& c) { return device_information(p, c); }},
      {"GetScopes", A::read_system, scopes},
      {"GetNetworkInterfaces",
       A::read_system,
       {},
       {},
       {},
       [&p](SoapCall& c) { return network_interfaces(p, c); }},
      {"GetNetworkProtocols", A::read_system, [&p](SoapCall& c) { return network_protocols(p, c); }},
  };
  std::ranges::move(onvif_user_operations(p), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::api
