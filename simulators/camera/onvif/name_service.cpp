// Names in the network, time servers and zero configuration of a camera (ONVIF Core, the operations for
// hostname, DNS, NTP and zero configuration of the device service).
#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

namespace asio = boost::asio;
using protocols::add;
using protocols::children;
using protocols::text_at;

namespace {

constexpr std::size_t most_search_domains = 6;

const char* flag(bool on) { return on ? "true" : "false"; }

/// Of an xs:boolean that has to be there.
OnvifOutcome read_flag(const OnvifCall& call, const char* name, bool& value) {
  const auto text = text_at(call.request, name);
  const bool on = text == "true" || text == "1";
  if (!on && text != "false" && text != "0")
    return refuse({"ter:InvalidArgVal"}, fmt::format("{} is true or false, not \"{}\"", name, text));
  value = on;
  return {};
}

/// A tt:IPAddress, or with `dns` a tt:NetworkHost, which may also be a name.
OnvifOutcome read_host(pugi::xml_node node, bool dns, NamedHost& host) {
  host.type = text_at(node, "Type");
  boost::system::error_code error;
  if (host.type == "IPv4" || host.type == "IPv6") {
    host.name = text_at(node, fmt::format("{}Address", host.type));
    if (host.type == "IPv4") {
      asio::ip::make_address_v4(host.name, error);
    } else {
      asio::ip::make_address_v6(host.name, error);
    }
    if (!error) return {};
    return refuse({"ter:InvalidArgVal", fmt::format("ter:Invalid{}Address", host.type)},
                  fmt::format("\"{}\" is no {} address", host.name, host.type));
  }
  host.name = text_at(node, "DNSname");
  if (!dns || host.type != "DNS")
    return refuse({"ter:InvalidArgVal"}, fmt::format("a host is no \"{}\" here", host.type));
  if (is_hostname(host.name)) return {};
  return refuse({"ter:InvalidArgVal", "ter:InvalidDnsName"},
                fmt::format("\"{}\" cannot be the name of a host", host.name));
}

OnvifOutcome read_hosts(const OnvifCall& call, const char* element, bool dns, std::vector<NamedHost>& hosts) {
  for (const auto& node : children(call.request, element)) {
    NamedHost host;
    if (auto wrong = read_host(node, dns, host)) return wrong;
    hosts.push_back(std::move(host));
  }
  if (hosts.size() <= most_name_servers) return {};
  return refuse({"ter:InvalidArgVal"}, fmt::format("at most {} servers", most_name_servers));
}

void add_hosts(pugi::xml_node parent, const char* element, const std::vector<NamedHost>& hosts) {
  for (const auto& host : hosts) {
    auto node = add(parent, element);
    add(node, "tt:Type", host.type);
    add(node, host.type == "DNS" ? "tt:DNSname" : fmt::format("tt:{}Address", host.type), host.name);
  }
}

OnvifOutcome hostname(const OnvifDevice& device, OnvifCall& call) {
  auto information = add(call.answer, "tds:HostnameInformation");
  add(information, "tt:FromDHCP", flag(device.names.hostname_by_dhcp));
  add(information, "tt:Name", device.hostname);
  return {};
}

OnvifOutcome set_hostname(OnvifDevice& device, const OnvifCall& call) {
  const auto name = text_at(call.request, "Name");
  if (!is_hostname(name)) {
    return refuse({"ter:InvalidArgVal", "ter:InvalidHostname"},
                  "a host name has 1 to 63 letters, digits, hyphens and dots");
  }
  device.hostname = name;
  device.names.hostname_by_dhcp = false;
  return {};
}

/// Where no DHCP server gives it another one it keeps its name.
OnvifOutcome set_hostname_from_dhcp(OnvifDevice& device, OnvifCall& call) {
  if (auto wrong = read_flag(call, "FromDHCP", device.names.hostname_by_dhcp)) return wrong;
  add(call.answer, "tds:RebootNeeded", "false");
  return {};
}

OnvifOutcome dns(const OnvifDevice& device, OnvifCall& call) {
  auto information = add(call.answer, "tds:DNSInformation");
  add(information, "tt:FromDHCP", flag(device.names.dns_by_dhcp));
  for (const auto& domain : device.names.search_domains) add(information, "tt:SearchDomain", domain);
  add_hosts(information, "tt:DNSManual", device.names.dns);
  return {};
}

OnvifOutcome set_dns(OnvifDevice& device, const OnvifCall& call) {
  auto names = device.names;
  names.dns.clear();
  names.search_domains.clear();
  if (auto wrong = read_flag(call, "FromDHCP", names.dns_by_dhcp)) return wrong;
  for (const auto& node : children(call.request, "SearchDomain")) {
    names.search_domains.emplace_back(node.text().get());
    if (!is_hostname(names.search_domains.back()))
      return refuse({"ter:InvalidArgVal"},
                    fmt::format("\"{}\" cannot be a domain", names.search_domains.back()));
  }
  if (names.search_domains.size() > most_search_domains)
    return refuse({"ter:InvalidArgVal"}, fmt::format("at most {} domains", most_search_domains));
  if (auto wrong = read_hosts(call, "DNSManual", false, names.dns)) return wrong;
  device.names = std::move(names);
  return {};
}

OnvifOutcome ntp(const OnvifDevice& device, OnvifCall& call) {
  auto information = add(call.answer, "tds:NTPInformation");
  add(information, "tt:FromDHCP", flag(device.names.ntp_by_dhcp));
  add_hosts(information, "tt:NTPManual", device.names.ntp);
  return {};
}

OnvifOutcome set_ntp(OnvifDevice& device, const OnvifCall& call) {
  auto names = device.names;
  names.ntp.clear();
  if (auto wrong = read_flag(call, "FromDHCP", names.ntp_by_dhcp)) return wrong;
  if (auto wrong = read_hosts(call, "NTPManual", true, names.ntp)) return wrong;
  if (device.time_by_ntp && !names.ntp_by_dhcp && names.ntp.empty())
    return refuse({"ter:InvalidArgVal", "ter:TimeSyncedToNtp"}, "the clock follows a time server");
  device.names = std::move(names);
  return {};
}

/// It is told as other cameras do; in the loopback network of a rig nobody answers there.
OnvifOutcome zero_configuration(const OnvifDevice& device, OnvifCall& call) {
  auto zero = add(call.answer, "tds:ZeroConfiguration");
  add(zero, "tt:InterfaceToken", network_card_token);
  add(zero, "tt:Enabled", flag(device.names.zero_configuration));
  if (device.names.zero_configuration) add(zero, "tt:Addresses", device.link_local_address());
  return {};
}

OnvifOutcome set_zero_configuration(OnvifDevice& device, const OnvifCall& call) {
  if (text_at(call.request, "InterfaceToken") != network_card_token)
    return refuse({"ter:InvalidArgVal", "ter:InvalidNetworkInterface"},
                  fmt::format("there is {} only", network_card_token));
  return read_flag(call, "Enabled", device.names.zero_configuration);
}

}  // namespace

bool is_hostname(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, allowed);
}

std::vector<OnvifOperation> name_operations(OnvifDevice& d) {
  using A = AccessClass;
  return {
      {"GetHostname", A::pre_auth, [&d](OnvifCall& c) { return hostname(d, c); }},
      {"SetHostname", A::write_system, [&d](OnvifCall& c) { return set_hostname(d, c); }},
      {"SetHostnameFromDHCP", A::write_system, [&d](OnvifCall& c) { return set_hostname_from_dhcp(d, c); }},
      {"GetDNS", A::read_system, [&d](OnvifCall& c) { return dns(d, c); }},
      {"SetDNS", A::write_system, [&d](OnvifCall& c) { return set_dns(d, c); }},
      {"GetNTP", A::read_system, [&d](OnvifCall& c) { return ntp(d, c); }},
      {"SetNTP", A::write_system, [&d](OnvifCall& c) { return set_ntp(d, c); }},
      {"GetZeroConfiguration", A::read_system, [&d](OnvifCall& c) { return zero_configuration(d, c); }},
      {"SetZeroConfiguration", A::write_system, [&d](OnvifCall& c) { return set_zero_configuration(d, c); }},
  };
}

}  // namespace watchrig::camera
