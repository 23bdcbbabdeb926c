#include "system/protocols/onvif/answer_parts.hpp"

#include <algorithm>

#include "system/base/utf8.hpp"

namespace watchrig::protocols {

namespace {

void add_flags(pugi::xml_node node, std::initializer_list<const char*> names) {
  for (const char* name : names) add(node, name, "false");
}

void set(pugi::xml_node node, Attributes attributes) {
  for (const auto& [name, value] : attributes) node.append_attribute(name) = value.c_str();
}

}  // namespace

void add_device_service_capabilities(pugi::xml_node all, Attributes security, bool discovers) {
  set(add(all, "tds:Network"), {{"IPFilter", "false"},
                                {"ZeroConfiguration", "false"},
                                {"IPVersion6", "false"},
                                {"DynDNS", "false"},
                                {"NTP", "0"}});
  set(add(all, "tds:Security"), security);
  const std::string discovery = discovers ? "true" : "false";
  set(add(all, "tds:System"), {{"DiscoveryResolve", discovery},
                               {"DiscoveryBye", discovery},
                               {"RemoteDiscovery", "false"},
                               {"FirmwareUpgrade", "false"}});
}

void add_device_capabilities(pugi::xml_node all, const std::string& address, bool discovers,
                             const std::optional<Connectors>& connectors, bool tls) {
  auto device = add(all, "tt:Device");
  add(device, "tt:XAddr", address);
  add_flags(add(device, "tt:Network"), {"tt:IPFilter", "tt:ZeroConfiguration", "tt:IPVersion6", "tt:DynDNS"});
  auto system = add(device, "tt:System");
  for (const char* name : {"tt:DiscoveryResolve", "tt:DiscoveryBye"})
    add(system, name, discovers ? "true" : "false");
  add_flags(system, {"tt:RemoteDiscovery", "tt:SystemBackup", "tt:SystemLogging", "tt:FirmwareUpgrade"});
  auto version = add(system, "tt:SupportedVersions");
  add(version, "tt:Major", "22");
  add(version, "tt:Minor", "12");
  if (connectors) {
    auto io = add(device, "tt:IO");
    add(io, "tt:InputConnectors", std::to_string(connectors->inputs));
    add(io, "tt:RelayOutputs", std::to_string(connectors->outputs));
  }
  auto security = add(device, "tt:Security");
  add_flags(security, {"tt:TLS1.1"});
  for (const char* name : {"tt:TLS1.2", "tt:OnboardKeyGeneration"})
    add(security, name, tls ? "true" : "false");
  add_flags(security,
            {"tt:AccessPolicyConfig", "tt:X.509Token", "tt:SAMLToken", "tt:KerberosToken", "tt:RELToken"});
}

void add_media_capabilities(pugi::xml_node all, const std::string& address) {
  auto media = add(all, "tt:Media");
  add(media, "tt:XAddr", address);
  auto streaming = add(media, "tt:StreamingCapabilities");
  add(streaming, "tt:RTPMulticast", "false");
  add(streaming, "tt:RTP_TCP", "false");
  add(streaming, "tt:RTP_RTSP_TCP", "true");
}

std::string entity_name(std::string_view name, std::string_view more) {
  std::size_t end = 0;
  for (auto left = longest_name - more.size(); left > 0 && end < name.size(); --left)
    end += std::max<std::size_t>(base::utf8_length(name.substr(end)), 1);
  return std::string(name.substr(0, end)).append(more);
}

void begin_entity(pugi::xml_node node, std::string_view token, std::string_view name, std::size_t uses) {
  node.append_attribute("token") = std::string(token).c_str();
  add(node, "tt:Name", entity_name(name));
  add(node, "tt:UseCount", std::to_string(uses));
}

void add_resolution(pugi::xml_node node, int width, int height) {
  auto resolution = add(node, "tt:Resolution");
  add(resolution, "tt:Width", std::to_string(width));
  add(resolution, "tt:Height", std::to_string(height));
}

void add_bounds(pugi::xml_node node, int width, int height) {
  auto bounds = add(node, "tt:Bounds");
  bounds.append_attribute("x") = 0;
  bounds.append_attribute("y") = 0;
  bounds.append_attribute("width") = width;
  bounds.append_attribute("height") = height;
}

void add_no_multicast(pugi::xml_node node) {
  auto multicast = add(node, "tt:Multicast");
  auto address = add(multicast, "tt:Address");
  add(address, "tt:Type", "IPv4");
  add(address, "tt:IPv4Address", "0.0.0.0");
  add(multicast, "tt:Port", "0");
  add(multicast, "tt:TTL", "0");
  add(multicast, "tt:AutoStart", "false");
}

void add_media_uri(SoapCall& call, const std::string& uri) {
  auto node = add(call.answer, "trt:MediaUri");
  add(node, "tt:Uri", uri);
  add(node, "tt:InvalidAfterConnect", "false");
  add(node, "tt:InvalidAfterReboot", "false");
  add(node, "tt:Timeout", "PT0S");
}

}  // namespace watchrig::protocols
