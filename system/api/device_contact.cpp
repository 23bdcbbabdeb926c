#include "system/api/device_contact.hpp"

#include <fmt/format.h>

#include "system/central/certificates/device_trust.hpp"
#include "system/central/devices/device_registration.hpp"

namespace watchrig::api {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using devices::ClockCheck;

/// Of one question: many devices may be away.
constexpr auto patience = std::chrono::seconds(3);

central::Event event_of(const central::Device& device, const ClockCheck& check, const ClockWish& wish) {
  const auto seconds = std::chrono::duration<double>(check.offset).count();
  central::Event event;
  event.type = "device.clock-corrected";
  if (!device.channels.empty()) {
    event.channel = device.channels.front().id;
    event.channel_name = device.channels.front().name;
  }
  event.cause = "clock";
  event.message = fmt::format("device \"{}\": its clock was {:.1f} s {} and was set", device.name,
                              std::abs(seconds), seconds > 0 ? "ahead" : "behind");
  event.data = {{"device", device.id},
                {"offset_ms", std::chrono::round<std::chrono::milliseconds>(check.offset).count()}};
  event.account = wish.account;
  event.source = wish.source;
  event.correlation = wish.correlation;
  return event;
}

}  // namespace

Result<devices::OnvifClient::Options> onvif_contact(central::Central& central, const central::Device& device,
                                                    const std::string& address, const std::string& request) {
  if (!speaks_onvif(device)) {
    return Error{ErrorKind::unsupported,
                 fmt::format("device \"{}\" is reached by {}, which has no such question; add it by onvif",
                             device.name, device.driver)};
  }
  auto parsed = devices::parse_onvif_address(address);
  if (!parsed) return parsed.error();
  devices::OnvifClient::Options options;
  options.address = *std::move(parsed);
  options.credentials = {device.username, device.password};
  options.dialer = central.device_registration().dialer(device);
  options.watch = central.device_notes().watch(device.id, request);
  options.trust = central.device_trust().of(device);
  return options;
}

Result<StreamContact> stream_contact(central::Central& central, const central::Device& device,
                                     const central::Channel& channel, const std::string& stream,
                                     const std::string& request) {
  const auto addresses = streams_of(device, channel);
  const auto address = addresses.find(stream);
  if (address == addresses.end()) {
    return Error{ErrorKind::not_found,
                 fmt::format("channel \"{}\" has no stream \"{}\"", channel.name, stream)};
  }
  auto contact = onvif_contact(central, device, address->second, request);
  if (!contact) return contact.error();
  return StreamContact{*std::move(contact), {channel.number, stream, rtsp_transport(device)}};
}

media::RtspClient::Transport rtsp_transport(const central::Device& device) {
  switch (device.transport) {
    case central::Transport::udp:
      return media::RtspClient::Transport::udp;
    case central::Transport::http:
      return media::RtspClient::Transport::http;
    default:
      return media::RtspClient::Transport::tcp;
  }
}

Contacts contacts_of(central::Central& central, const std::vector<central::DevicePtr>& list,
                     const std::string& request) {
  Contacts contacts;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto contact = onvif_contact(central, *list[i], list[i]->streams.at("main"), request);
    if (!contact) {
      contacts.refused.emplace_back(i, contact.error());
      continue;
    }
    contact->deadline = patience;
    contacts.devices.push_back(*std::move(contact));
    contacts.places.push_back(i);
  }
  return contacts;
}

Error device_failure(Error error) {
  const bool ours = error.kind == ErrorKind::invalid || error.kind == ErrorKind::unsupported ||
                    error.kind == ErrorKind::not_found;
  if (!ours) error.kind = ErrorKind::unavailable;
  return error;
}

boost::asio::awaitable<std::vector<Result<ClockCheck>>> correct_clocks(central::Central& central,
                                                                       const base::Clock& clock,
                                                                       std::vector<central::DevicePtr> list,
                                                                       ClockWish wish) {
  std::vector<Result<ClockCheck>> results(list.size(), Error{});
  auto contacts = contacts_of(central, list, wish.correlation);
  if (wish.account.empty()) {
    for (std::size_t i = 0; i < contacts.devices.size(); ++i)
      contacts.devices[i].watch =
          central.device_notes().watch_changes(list[contacts.places[i]]->id, wish.correlation);
  }
  for (const auto& refusal : contacts.refused) results[refusal.first] = refusal.second;
  const auto tolerance =
      std::chrono::seconds(central.settings().values("device_time").values.at("tolerance").as_int64());
  auto checks = co_await devices::calibrate_clocks(clock, std::move(contacts.devices), tolerance);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    auto& result = results[contacts.places[i]];
    result = std::move(checks[i]);
    if (result && result->corrected)
      central.events().append(event_of(*list[contacts.places[i]], *result, wish));
  }
  co_return results;
}

}  // namespace watchrig::api
