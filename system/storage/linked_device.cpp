#include "system/storage/linked_device.hpp"

#include <fmt/format.h>

#include "system/devices/onvif/onvif_locator.hpp"
#include "system/devices/onvif/onvif_replay.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
using Transport = media::RtspClient::Transport;

namespace {

std::optional<Transport> transport_from(std::string_view word) {
  if (word == "tcp") return Transport::tcp;
  if (word == "udp") return Transport::udp;
  if (word == "http") return Transport::http;
  return std::nullopt;
}

Error unknown_word(const std::string& device, const char* field, const std::string& word, const char* known) {
  return {ErrorKind::invalid,
          fmt::format("device {}: {} is \"{}\": set it to {}", device, field, word, known)};
}

/// Null where an address is none of ONVIF.
template <class Make>
std::shared_ptr<devices::StreamLocator> locator(const base::Clock& clock, const std::string& address,
                                                const media::RtspClient::Options& client, Make make) {
  auto service = devices::parse_onvif_address(address);
  if (!service) return nullptr;
  devices::OnvifClient::Options device;
  device.address = *std::move(service);
  device.credentials = client.credentials;
  device.dialer = client.dialer;
  device.trust = client.trust;
  return make(clock, std::move(device));
}

}  // namespace

Result<ChannelSettings> channel_settings(const base::Clock& clock, const platform::LinkNvrPu& device,
                                         const platform::LinkedChannel& channel, const DeviceWays& ways,
                                         const std::shared_ptr<devices::AttemptPace>& pace) {
  const auto transport = transport_from(device.transport);
  const auto types = platform::recording_types_from(channel.types);
  const auto cache = media::cache_strategy_from(device.cache_strategy);
  if (!transport) return unknown_word(device.device, "transport", device.transport, "tcp, udp or http");
  if (!cache)
    return unknown_word(device.device, "cache_strategy", device.cache_strategy,
                        "adaptive, realtime or fluent");
  if (!types)
    return base::Error(types.error())
        .within(fmt::format("device {}: channel {}", device.device, channel.channel));
  ChannelSettings settings;
  settings.id = channel.channel;
  settings.name = channel.name;
  settings.recorded_stream = channel.recorded;
  settings.types = *types;
  settings.ahead = std::chrono::milliseconds(channel.ahead_ms);
  const auto number = static_cast<std::uint32_t>(channel.number);
  for (const auto& [stream, address] : channel.streams) {
    auto& options = settings.streams[stream];
    options.pace = pace;
    options.client.url = address;
    options.client.dialer = ways.dialer(device.device);
    options.client.credentials = {device.username, device.password};
    options.client.transport = *transport;
    options.client.cache = *cache;
    options.client.trust = ways.trust(device.device);
    options.seed = std::hash<std::string>()(channel.channel + stream);
    if (!device.onvif) continue;
    const devices::OnvifStreamChoice choice{number, stream, *transport};
    options.locator = locator(clock, address, options.client, [&](const base::Clock& by, auto contact) {
      return devices::make_onvif_locator(by, std::move(contact), choice);
    });
    if (stream != media::main_stream) continue;
    settings.recordings = locator(clock, address, options.client, [&](const base::Clock& by, auto contact) {
      return devices::make_onvif_replay_locator(by, std::move(contact), choice);
    });
  }
  return settings;
}

}  // namespace watchrig::storage
