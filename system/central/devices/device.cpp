#include "system/central/devices/device.hpp"

#include <algorithm>
#include <set>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/devices/makers_paths.hpp"
#include "system/media/stream_names.hpp"
#include "system/protocols/registration/registration_message.hpp"

namespace watchrig::central {

using base::ErrorKind;

namespace {

constexpr std::string_view record_plans[] = {"none", "continuous", "scheduled", "event", "inherited"};

constexpr std::uint32_t most_ports = 1024;  // of inputs, outputs, heads
constexpr std::size_t longest_text = 255;
constexpr DriverForm drivers[] = {{"rtsp", "rtsp", 554},      {"onvif", "http", 80},
                                  {"private", "http", 37777}, {"axis", "rtsp", 554},
                                  {"sony", "rtsp", 554},      {"registered", "http", 80, true}};
constexpr std::string_view policies[] = {"pin", "authority", "any"};
constexpr std::string_view cache_strategies[] = {"adaptive", "realtime", "fluent"};
constexpr std::string_view types[] = {"devices", "ipc", "nvr", "dvr", "dvs", "other"};

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

std::string with_number(std::string text, std::uint32_t number) {
  const std::string digits = std::to_string(number);
  for (auto at = text.find(Device::placeholder); at != std::string::npos;
       at = text.find(Device::placeholder, at + digits.size())) {
    text.replace(at, Device::placeholder.size(), digits);
  }
  return text;
}

/// A placeholder is no part of a URL; what stands there while the rest is looked at comes back by `restored`.
constexpr std::string_view stand_in = "watchrig-channel-number";

std::string parseable(std::string address) {
  for (auto at = address.find(Device::placeholder); at != std::string::npos;
       at = address.find(Device::placeholder)) {
    address.replace(at, Device::placeholder.size(), stand_in);
  }
  return address;
}

std::string restored(std::string address) {
  for (auto at = address.find(stand_in); at != std::string::npos; at = address.find(stand_in)) {
    address.replace(at, stand_in.size(), Device::placeholder);
  }
  return address;
}

bool is_tls(const boost::urls::url_view& url) { return url.scheme() == "https" || url.scheme() == "rtsps"; }

/// That of its driver, or the same by TLS. A device that registers makes its connections itself.
bool has_scheme(const boost::urls::url_view& url, const DriverForm& form) {
  return url.scheme() == form.scheme ||
         (!form.dials_in && is_tls(url) && url.scheme().substr(0, 4) == form.scheme);
}

FieldResult<void> check_streams(Streams& streams, const std::string& prefix, Device& device) {
  const DriverForm& form = *find_driver(device.driver);
  for (auto& [stream, address] : streams) {
    const std::string field = prefix + stream;
    if (!media::is_stream_name(stream))
      return refuse(field,
                    fmt::format("a device has the streams {}", base::joined(media::stream_names, ", ")));
    const std::string text = parseable(address);
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed || !has_scheme(*parsed, form) || parsed->host().empty() || address.size() > 2048 ||
        parsed->encoded_authority().find(stand_in) != std::string_view::npos) {
      return refuse(field,
                    fmt::format("with the driver {} the address must be of the form {}{}://host[:port]/path",
                                form.name, form.scheme, form.dials_in ? "" : "[s]"));
    }
    if (parsed->has_port() && !parsed->port().empty() &&
        base::parse_number<std::uint16_t>(std::string_view(parsed->port())).value_or(0) == 0)
      return refuse(field, "a port is a number from 1 to 65535");
    if (!parsed->has_userinfo()) continue;
    boost::urls::url url(*parsed);
    if (device.username.empty()) {
      device.username = url.user();
      device.password = url.password();
    }
    url.remove_userinfo();
    address = restored(url.buffer());
  }
  return {};
}

FieldResult<void> check_texts(const Device& device) {
  if (!is_name(device.name))
    return refuse("name", "a device name has 1 to 63 bytes and no control characters");
  if (!find_driver(device.driver)) {
    return refuse("driver", fmt::format("driver \"{}\" is not known; there are {}", device.driver,
                                        base::joined(drivers, ", ", &DriverForm::name)));
  }
  if (device.username.size() > longest_text || !is_printable(device.username)) {
    return refuse("username", "a user name has at most 255 bytes and no control characters");
  }
  if (device.password.size() > longest_text) return refuse("password", "a password has at most 255 bytes");
  if (device.description.size() > longest_text || !is_printable(device.description)) {
    return refuse("description", "a description has at most 255 bytes and no control characters");
  }
  if (device.manufacturer.size() > 63 || !is_printable(device.manufacturer)) {
    return refuse("manufacturer", "a manufacturer has at most 63 bytes and no control characters");
  }
  if (std::ranges::find(types, device.type) == std::end(types))
    return refuse("type", "must be devices (of any kind), ipc, nvr, dvr, dvs or other");
  if (std::ranges::find(policies, device.certificate) == std::end(policies))
    return refuse("certificate", "must be pin, authority or any");
  if (std::ranges::find(cache_strategies, device.cache_strategy) == std::end(cache_strategies))
    return refuse("cache_strategy", "must be adaptive, realtime or fluent");
  return {};
}

FieldResult<void> check_registration(const Device& device) {
  if (!find_driver(device.driver)->dials_in) return {};
  if (!protocols::is_device_id(address_of(device).host)) {
    return refuse("streams.main",
                  "in place of the host is the id of the device: 1 to 64 letters, digits, dots, hyphens and "
                  "underscores");
  }
  for (const auto& [stream, address] : device.streams) {
    const auto text = parseable(address);
    if (boost::urls::parse_uri(text)->encoded_host_address() != address_of(device).host)
      return refuse("streams." + stream, "the id of the device must be the same in all of its addresses");
  }
  if (device.password.empty())
    return refuse("password", "a device that registers proves by its password that it is the one");
  if (device.transport != Transport::tcp)
    return refuse("transport", "a device that registers sends by tcp, over connections of its own");
  for (const Channel& channel : device.channels) {
    if (!channel.streams.empty())
      return refuse("channels.streams", "channels of a device that registers have no addresses of their own");
  }
  return {};
}

FieldResult<void> check_counts(const Device& device) {
  if (device.channel_count < 1 || device.channel_count > Device::most_channels) {
    return refuse("channel_count", fmt::format("a device has 1 to {} channels", Device::most_channels));
  }
  for (const auto& [name, count] : {std::pair("inputs", device.inputs), std::pair("outputs", device.outputs),
                                    std::pair("heads", device.heads)}) {
    if (count > most_ports) return refuse(name, fmt::format("{} must be 0 to {}", name, most_ports));
  }
  return {};
}

FieldResult<void> check_route(const Device& device) {
  if (device.storage_server == Device::local_storage) return {};
  if (!device.storage_server.empty()) {
    return FieldError{
        "storage_server",
        {ErrorKind::not_found, fmt::format("there is no storage server \"{}\"", device.storage_server)}};
  }
  for (const Channel& channel : device.channels) {
    if (channel.plan == RecordPlan::none) continue;
    return FieldError{"storage_server",
                      {ErrorKind::conflict, fmt::format("channel \"{}\" is recorded there: set its plan to "
                                                        "none first",
                                                        channel.name)}};
  }
  return {};
}

FieldResult<void> check_channels(Device& device) {
  std::set<std::uint32_t> numbers;
  for (Channel& channel : device.channels) {
    if (channel.number < 1 || channel.number > device.channel_count) {
      return refuse("channels.number", fmt::format("channel {} is none of the {} of this device",
                                                   channel.number, device.channel_count));
    }
    if (!numbers.insert(channel.number).second)
      return refuse("channels.number", fmt::format("channel {} is named twice", channel.number));
    if (channel.name.empty()) {
      channel.name = device.channel_count == 1
                         ? device.name
                         : fmt::format("{} {}", device.name.substr(0, 59), channel.number);
    }
    if (!is_name(channel.name))
      return refuse("channels.name", "a channel name has 1 to 63 bytes and no control characters");
    if (auto valid = check_streams(channel.streams, "channels.streams.", device); !valid) return valid;
  }
  return {};
}

}  // namespace

const DriverForm* find_driver(std::string_view name) {
  const auto found = std::ranges::find(drivers, name, &DriverForm::name);
  return found == std::end(drivers) ? nullptr : &*found;
}

std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::udp:
      return "udp";
    case Transport::http:
      return "http";
    default:
      return "tcp";
  }
}

std::string_view to_string(RecordPlan plan) { return record_plans[static_cast<std::size_t>(plan)]; }

std::optional<Transport> transport_from(std::string_view text) {
  if (text == "tcp") return Transport::tcp;
  if (text == "udp") return Transport::udp;
  if (text == "http") return Transport::http;
  return std::nullopt;
}

std::optional<RecordPlan> record_plan_from(std::string_view text) {
  const auto* found = std::ranges::find(record_plans, text);
  if (found == std::end(record_plans)) return std::nullopt;
  return static_cast<RecordPlan>(found - std::begin(record_plans));
}

bool speaks_onvif(const Device& device) {
  const auto* form = find_driver(device.driver);
  return form && form->scheme == "http";
}

FieldResult<Device> checked(Device device) {
  if (auto valid = check_texts(device); !valid) return valid.error();
  if (auto valid = check_counts(device); !valid) return valid.error();
  if (auto valid = check_route(device); !valid) return valid.error();
  const auto main = device.streams.find("main");
  if (main == device.streams.end() || main->second.empty())
    return refuse("streams.main", "the address of the main stream is missing");
  if (auto valid = check_streams(device.streams, "streams.", device); !valid) return valid.error();
  if (device.channels.empty()) {
    for (std::uint32_t number = 1; number <= device.channel_count; ++number) {
      device.channels.emplace_back().number = number;
    }
  }
  if (auto valid = check_channels(device); !valid) return valid.error();
  // Once more: user and password may have come out of an address.
  if (auto valid = check_texts(device); !valid) return valid.error();
  if (auto valid = check_registration(device); !valid) return valid.error();
  return device;
}

DeviceAddress address_of(const Device& device) {
  const auto main = device.streams.find("main");
  const auto* form = find_driver(device.driver);
  if (main == device.streams.end() || !form) return {};
  const std::string text = parseable(main->second);
  const auto url = boost::urls::parse_uri(text);
  if (!url) return {};
  const bool tls = is_tls(*url);
  const auto usual = tls ? form->tls_port() : form->port;
  return {std::string(url->encoded_host_address()),
          url->has_port() && url->port_number() != 0 ? url->port_number() : usual, tls};
}

bool uses_tls(const Device& device) {
  const auto any = [](const Streams& streams) {
    return std::ranges::any_of(streams, [](const auto& stream) {
      return stream.second.starts_with("https:") || stream.second.starts_with("rtsps:");
    });
  };
  return any(device.streams) ||
         std::ranges::any_of(device.channels, [&](const Channel& channel) { return any(channel.streams); });
}

FieldResult<void> set_address(Device& device, const DeviceAddress& address) {
  std::string host = address.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const std::string text = "rtsp://" + host + "/";
  const auto wanted = boost::urls::parse_uri(text);
  if (address.host.empty() || address.host.size() > longest_text || !wanted ||
      wanted->encoded_host() != host) {
    return refuse("address", "must be an IP address or the name of a host");
  }
  const auto change = [&](Streams& streams) {
    for (auto& [stream, one] : streams) {
      const std::string before = parseable(one);
      boost::urls::url url(boost::urls::parse_uri(before).value());
      url.set_encoded_host(host);
      url.set_port_number(address.port);
      if (address.tls && *address.tls != is_tls(url))
        url.set_scheme(*address.tls ? std::string(url.scheme()) + "s"
                                    : std::string(url.scheme().substr(0, 4)));
      one = restored(url.buffer());
    }
  };
  change(device.streams);
  for (Channel& channel : device.channels) change(channel.streams);
  return {};
}

Streams usual_streams(std::string_view driver, const DeviceAddress& address) {
  const bool bare_v6 = address.host.find(':') != std::string::npos && !address.host.starts_with('[');
  const auto host =
      fmt::format("{}{}{}:{}", bare_v6 ? "[" : "", address.host, bare_v6 ? "]" : "", address.port);
  const auto* maker = find_makers_paths(driver);
  if (!maker) return streams_of_service(fmt::format("http://{}/onvif/device_service", host));
  Streams streams;
  for (std::size_t i = 0; i < maker->paths.size(); ++i)
    streams[std::string(media::stream_names[i])] = fmt::format("rtsp://{}{}", host, maker->paths[i]);
  return streams;
}

Streams streams_of(const Device& device, const Channel& channel) {
  Streams streams = channel.streams.empty() ? device.streams : channel.streams;
  for (auto& [name, address] : streams) address = with_number(std::move(address), channel.number);
  return streams;
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_name(std::string_view text) { return !text.empty() && text.size() <= 63 && is_printable(text); }

std::int64_t number_of_id(std::string_view id, char prefix) {
  // One text for one id: no "d01".
  if (!id.starts_with(prefix) || (id.size() > 2 && id[1] == '0')) return -1;
  const auto number = base::parse_number<std::int64_t>(id.substr(1));
  return number && *number >= 0 ? *number : -1;
}

}  // namespace watchrig::central
