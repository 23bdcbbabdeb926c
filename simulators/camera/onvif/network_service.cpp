// Where a camera is in the network, and where it is told to go (ONVIF Core 8.2.5 to 8.2.12).
#include <fmt/format.h>

#include "simulators/camera/onvif/onvif_device.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace asio = boost::asio;
using protocols::add;
using protocols::children;
using protocols::node_at;
using protocols::text_at;

namespace {

constexpr const char* card_token = network_card_token;

OnvifOutcome network_interfaces(const OnvifDevice& device, OnvifCall& call) {
  auto card = add(call.answer, "tds:NetworkInterfaces");
  card.append_attribute("token") = card_token;
  add(card, "tt:Enabled", "true");
  auto info = add(card, "tt:Info");
  add(info, "tt:Name", card_token);
  add(info, "tt:HwAddress", device.mac());
  add(info, "tt:MTU", "1500");
  auto v4 = add(card, "tt:IPv4");
  add(v4, "tt:Enabled", "true");
  auto config = add(v4, "tt:Config");
  auto address = add(config, device.place.dhcp ? "tt:FromDHCP" : "tt:Manual");
  add(address, "tt:Address", device.place.address);
  add(address, "tt:PrefixLength", std::to_string(device.place.prefix_length));
  add(config, "tt:DHCP", device.place.dhcp ? "true" : "false");
  return {};
}

OnvifOutcome refuse_address(const std::string& text) {
  return refuse({"ter:InvalidArgVal", "ter:InvalidIPv4Address"},
                fmt::format("\"{}\" is no address that this camera can have", text));
}

OnvifOutcome check_manner(const OnvifDevice& device) {
  if (!device.quirks.has(quirks::address_refused)) return {};
  return refuse({"ter:OperationProhibited"}, "the address is not to be changed");
}

/// Keeps its address where no DHCP server gives it one.
OnvifOutcome set_network_interfaces(OnvifDevice& device, OnvifCall& call) {
  if (text_at(call.request, "InterfaceToken") != card_token)
    return refuse({"ter:InvalidArgVal", "ter:InvalidNetworkInterface"}, "there is eth0 only");
  if (auto refused = check_manner(device)) return refused;
  const auto v4 = node_at(call.request, "NetworkInterface/IPv4");
  auto place = device.place;
  place.rtsp_port = device.rtsp_port();
  place.dhcp = text_at(v4, "DHCP") == "true";
  if (place.dhcp) {
    if (!device.dhcp_address.empty()) place.address = device.dhcp_address;
  } else if (const auto manual = node_at(v4, "Manual")) {
    place.address = text_at(manual, "Address");
    const auto prefix = base::parse_number<int>(text_at(manual, "PrefixLength"));
    if (!loopback_address(place.address) || !prefix || *prefix < 8 || *prefix > 30)
      return refuse_address(place.address);
    place.prefix_length = *prefix;
  }
  add(call.answer, "tds:RebootNeeded", "false");
  device.move(place);
  return {};
}

OnvifOutcome network_protocols(const OnvifDevice& device, OnvifCall& call) {
  const auto tell = [&](const char* name, bool enabled, std::uint16_t port) {
    auto protocol = add(call.answer, "tds:NetworkProtocols");
    add(protocol, "tt:Name", name);
    add(protocol, "tt:Enabled", enabled ? "true" : "false");
    add(protocol, "tt:Port", std::to_string(port));
  };
  const auto& place = device.place;
  tell("HTTP", place.http, place.http_port);
  if (device.certificates) tell("HTTPS", place.https, place.https_port);
  tell("RTSP", true, device.rtsp_port());
  return {};
}

OnvifOutcome set_network_protocols(OnvifDevice& device, OnvifCall& call) {
  if (auto refused = check_manner(device)) return refused;
  auto place = device.place;
  place.rtsp_port = device.rtsp_port();
  for (const auto& protocol : children(call.request, "NetworkProtocols")) {
    const auto name = text_at(protocol, "Name");
    const auto port = base::parse_number<std::uint16_t>(text_at(protocol, "Port"));
    const bool enabled = text_at(protocol, "Enabled") == "true", known = name == "HTTP" || name == "RTSP";
    if ((!known && (name != "HTTPS" || !device.certificates)) || (name == "RTSP" && !enabled))
      return refuse({"ter:InvalidArgVal", "ter:ServiceNotSupported"},
                    "there are HTTP, HTTPS where the camera has certificates, and RTSP, which stays");
    if (!port || (*port == 0 && enabled)) return refuse({"ter:InvalidArgVal"}, "a port is 1 to 65535");
    if (name == "RTSP") place.rtsp_port = *port;
    if (name == "RTSP") continue;
    (name == "HTTP" ? place.http : place.https) = enabled;
    if (*port != 0) (name == "HTTP" ? place.http_port : place.https_port) = *port;
  }
  if (!place.http && !place.https)
    return refuse({"ter:InvalidArgVal", "ter:ServiceNotSupported"}, "by HTTP or by HTTPS it must be reached");
  if (place.http && place.https && place.http_port == place.https_port)
    return refuse({"ter:InvalidArgVal", "ter:PortAlreadyInUse"}, "HTTP and HTTPS need ports of their own");
  device.move(place);
  return {};
}

OnvifOutcome default_gateway(const OnvifDevice& device, OnvifCall& call) {
  auto gateway = add(call.answer, "tds:NetworkGateway");
  if (!device.gateway.empty()) add(gateway, "tt:IPv4Address", device.gateway);
  return {};
}

OnvifOutcome set_default_gateway(OnvifDevice& device, OnvifCall& call) {
  if (auto refused = check_manner(device)) return refused;
  const auto text = text_at(call.request, "IPv4Address");
  boost::system::error_code error;
  asio::ip::make_address_v4(text, error);
  if (error) return refuse({"ter:InvalidArgVal", "ter:InvalidGatewayAddress"}, "no address: " + text);
  device.gateway = text;
  return {};
}

}  // namespace

std::optional<asio::ip::address_v4> loopback_address(const std::string& text) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address_v4(text, error);
  const auto host = address.to_uint() & 0xffffff;
  if (error || !address.is_loopback() || host == 0 || host == 0xffffff) return std::nullopt;
  return address;
}

std::vector<OnvifOperation> network_operations(OnvifDevice& d) {
  using A = AccessClass;
  return {
      {"GetNetworkInterfaces", A::read_system, [&d](OnvifCall& c) { return network_interfaces(d, c); }},
      {"SetNetworkInterfaces", A::write_system, [&d](OnvifCall& c) { return set_network_interfaces(d, c); }},
      {"GetNetworkProtocols", A::read_system, [&d](OnvifCall& c) { return network_protocols(d, c); }},
      {"SetNetworkProtocols", A::write_system, [&d](OnvifCall& c) { return set_network_protocols(d, c); }},
      {"GetNetworkDefaultGateway", A::read_system, [&d](OnvifCall& c) { return default_gateway(d, c); }},
      {"SetNetworkDefaultGateway", A::write_system, [&d](OnvifCall& c) { return set_default_gateway(d, c); }},
  };
}

}  // namespace watchrig::camera
