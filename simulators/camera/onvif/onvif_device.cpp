#include "simulators/camera/onvif/onvif_device.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/picture/osd_board.hpp"

namespace watchrig::camera {

namespace {

/// FNV-1a: the same identity in every run of a rig file.
std::uint64_t number_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

const OnvifStream* OnvifDevice::stream(std::string_view name) const {
  const auto found = std::ranges::find(streams, name, &OnvifStream::name);
  return found == streams.end() ? nullptr : &*found;
}

const MediaProfile* OnvifDevice::profile(std::string_view wanted) const {
  const auto found = std::ranges::find(profiles, wanted, &MediaProfile::token);
  return found == profiles.end() ? nullptr : &*found;
}

const OnvifStream* OnvifDevice::stream_of(const MediaProfile& profile) const {
  const auto found = profile.parts.find("VideoEncoder");
  return found == profile.parts.end() ? nullptr : stream_of_encoder(*this, found->second);
}

std::optional<unsigned> OnvifDevice::source_of(const MediaProfile& profile) const {
  for (const auto& type : media_part_types()) {
    const auto found = profile.parts.find(type.name);
    const auto part = found == profile.parts.end() ? std::nullopt : media_part(*this, type, found->second);
    if (part && part->source != 0) return part->source;
  }
  return std::nullopt;
}

const OnvifStream& OnvifDevice::main_stream(unsigned source) const {
  const auto found = std::ranges::find(streams, source, &OnvifStream::source);
  return found == streams.end() ? streams.front() : *found;
}

std::string OnvifDevice::token(std::string_view what, unsigned source) const {
  return is_recorder ? fmt::format("{}-{}", what, source) : std::string(what);
}

std::optional<unsigned> OnvifDevice::source_of(std::string_view what, std::string_view named) const {
  for (unsigned source = 1; source <= sources; ++source) {
    if (token(what, source) == named) return source;
  }
  return std::nullopt;
}

void OnvifDevice::set_clock_offset(base::Duration offset) {
  clock_offset = offset;
  if (osd) osd->set_clock_ahead(offset);
  if (own_clock) own_clock->set_ahead(offset);
}

std::vector<std::string> OnvifDevice::fixed_scopes() const {
  std::vector<std::string> all{"onvif://www.onvif.org/type/video_encoder",
                               is_recorder ? "onvif://www.onvif.org/hardware/virtual-recorder"
                                           : "onvif://www.onvif.org/hardware/virtual-camera",
                               "onvif://www.onvif.org/manufacturer/" + manufacturer};
  if (head) all.emplace_back("onvif://www.onvif.org/type/ptz");
  if (analytics.empty()) return all;
  all.emplace_back("onvif://www.onvif.org/type/video_analytics");
  // Both profiles ask for metadata, which other cameras do not have.
  all.emplace_back("onvif://www.onvif.org/Profile/Streaming");
  if (!cards.empty()) all.emplace_back("onvif://www.onvif.org/Profile/G");
  return all;
}

std::string OnvifDevice::serial_number() const {
  return own_serial_number.empty() ? fmt::format("W{:012X}", number_of(id) >> 16) : own_serial_number;
}

std::string OnvifDevice::mac() const {
  const auto n = number_of(id);
  return fmt::format("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", n & 0xff, n >> 8 & 0xff, n >> 16 & 0xff,
                     n >> 24 & 0xff, n >> 32 & 0xff);
}

std::string OnvifDevice::link_local_address() const {
  const auto n = number_of(id);
  return fmt::format("169.254.{}.{}", n % 254 + 1, (n >> 8) % 254 + 1);
}

std::string OnvifDevice::uuid() const {
  const auto n = number_of(id), m = number_of(id + " endpoint");
  return fmt::format("urn:uuid:{:08x}-{:04x}-5{:03x}-8{:03x}-{:012x}", n & 0xffffffff, n >> 32 & 0xffff,
                     n >> 48 & 0xfff, m >> 48 & 0xfff, m & 0xffffffffffff);
}

std::vector<std::string> OnvifDevice::addresses() const {
  std::vector<std::string> all;
  const auto add = [&](const char* scheme, std::uint16_t port) {
    all.push_back(fmt::format("{}://{}:{}/onvif/device_service", scheme, place.address, port));
  };
  if (place.http) add("http", place.http_port);
  if (place.https) add("https", place.https_port);
  return all;
}

protocols::DiscoveryTarget OnvifDevice::target() const {
  protocols::DiscoveryTarget target;
  target.endpoint = uuid();
  target.types = {{std::string(protocols::uri_of_prefix("dn")), "NetworkVideoTransmitter"},
                  {std::string(protocols::uri_of_prefix("tds")), "Device"}};
  if (speaks_private) target.types.push_back({std::string(protocols::uri_of_prefix("wr")), "Device"});
  target.scopes = fixed_scopes();
  target.scopes.insert(target.scopes.end(), scopes.begin(), scopes.end());
  target.addresses = addresses();
  target.metadata_version = metadata_version;
  return target;
}

std::vector<OnvifService> listed_services(OnvifDevice& device) {
  std::vector<OnvifService> all{device_service(device), media_service(device), media2_service(device),
                                event_service(device), io_service(device)};
  if (device.head) all.push_back(ptz_service(device));
  if (device.imaging) all.push_back(imaging_service(device));
  if (!device.analytics.empty()) all.push_back(analytics_service(device));
  if (device.cards.empty()) return all;
  for (const auto make : {recording_service, search_service, replay_service}) all.push_back(make(device));
  return all;
}

}  // namespace watchrig::camera
