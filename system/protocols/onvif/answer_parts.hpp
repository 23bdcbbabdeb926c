#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "system/protocols/onvif/soap_service.hpp"

namespace watchrig::protocols {

// Parts of answers that are alike, whichever ONVIF device gives them.

/// Alarm inputs and relay outputs.
struct Connectors {
  std::size_t inputs = 0, outputs = 0;
};
/// tt:Device of GetCapabilities, of a device that cannot do what is optional but perhaps for WS-Discovery and
/// TLS with certificates of its own making.
void add_device_capabilities(pugi::xml_node all, const std::string& address, bool discovers,
                             const std::optional<Connectors>& connectors, bool tls = false);
using Attributes = std::initializer_list<std::pair<const char*, std::string>>;
/// tds:Network, tds:Security and tds:System of the device service's own capabilities, of such a device.
void add_device_service_capabilities(pugi::xml_node all, Attributes security, bool discovers);
/// tt:Media of GetCapabilities: streams go out by RTP over UDP and RTSP, to one receiver.
void add_media_capabilities(pugi::xml_node all, const std::string& address);

inline constexpr std::size_t longest_name = 64;  ///< characters of tt:Name
/// As tt:Name takes it: the name, cut where it is too long, and `more` after it, a few characters.
std::string entity_name(std::string_view name, std::string_view more = {});
/// Token, tt:Name and tt:UseCount, which every configuration begins with.
void begin_entity(pugi::xml_node node, std::string_view token, std::string_view name, std::size_t uses);
void add_resolution(pugi::xml_node node, int width, int height);
/// tt:Bounds from the left upper corner.
void add_bounds(pugi::xml_node node, int width, int height);
/// tt:Multicast where there is none: the schema asks for the element.
void add_no_multicast(pugi::xml_node node);
/// trt:MediaUri of an address that stays.
void add_media_uri(SoapCall& call, const std::string& uri);

}  // namespace watchrig::protocols
