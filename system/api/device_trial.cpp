#include "system/api/device_trial.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "system/api/device_contact.hpp"
#include "system/central/certificates/device_trust.hpp"
#include "system/devices/onvif/onvif_media.hpp"
#include "system/media/rtsp_client.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using central::FieldError;
using central::FieldResult;

namespace {

constexpr auto patience = std::chrono::seconds(4);

FieldError field_error(Error error, const char* elsewhere) {
  switch (error.kind) {
    case ErrorKind::denied:
      return {"password", std::move(error)};
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
      return {"address", std::move(error)};
    case ErrorKind::conflict:
      return {"certificate", std::move(error)};
    default:
      return {elsewhere, std::move(error)};
  }
}

/// As its media profiles name them; one source where its address names a profile.
asio::awaitable<FieldResult<TriedDevice>> told_by_profiles(devices::OnvifClient& client) {
  if (!client.address().profile.empty()) co_return TriedDevice{1};
  const auto services = co_await devices::OnvifServices::find(client);
  if (!services) co_return field_error(services.error(), "driver");
  const auto media = co_await devices::OnvifMedia::find(client, *services);
  if (!media && media.error().kind == ErrorKind::unsupported) co_return TriedDevice{};
  if (!media) co_return field_error(media.error(), "driver");
  TriedDevice told;
  while (told.sources < central::Device::most_channels) {
    auto own = devices::profiles_of_channel(media->profiles, told.sources + 1);
    if (!own) break;
    ++told.sources;
    told.streams = std::max(told.streams, devices::streams_of_channel(*std::move(own)).size());
  }
  co_return told;
}

asio::awaitable<FieldResult<TriedDevice>> try_onvif(const base::Clock& clock,
                                                    devices::OnvifClient::Options device) {
  device.deadline = patience;
  devices::OnvifClient client(clock, std::move(device));
  const auto offset = co_await client.take_clock();
  if (!offset) co_return field_error(offset.error(), "driver");
  const auto told = co_await client.ask(client.address().path, "tds:GetDeviceInformation", {});
  if (!told) co_return field_error(told.error(), "driver");
  const auto profiles = co_await told_by_profiles(client);
  co_return profiles;
}

asio::awaitable<FieldResult<TriedDevice>> try_stream(central::Central& central, const base::Clock& clock,
                                                     central::Device device) {
  media::RtspClient::Options options;
  options.url = streams_of(device, device.channels.front()).at("main");
  options.credentials = {device.username, device.password};
  options.trust = central.device_trust().of(device);
  options.transport = rtsp_transport(device);
  options.connect_timeout = options.request_timeout = patience;
  media::RtspClient client(co_await asio::this_coro::executor, clock, std::move(options));
  const auto started = co_await client.start();
  if (started) co_await client.stop();
  if (!started) co_return field_error(started.error(), "streams.main");
  co_return TriedDevice{};
}

}  // namespace

void fit_streams(central::Device& device, const TriedDevice& tried) {
  const std::string main = device.streams[std::string(media::main_stream)];
  const auto asked_there = [&](std::string_view name) {
    const auto found = device.streams.find(std::string(name));
    return found != device.streams.end() && found->second == main;
  };
  for (std::size_t place = 1; tried.streams > 0 && place < media::stream_names.size(); ++place) {
    const std::string name(media::stream_names[place]);
    if (place >= tried.streams && asked_there(name)) device.streams.erase(name);
    // Who has entered the main stream alone wants no other.
    const bool follows = place > 1 && asked_there(media::stream_names[place - 1]);
    if (place < tried.streams && follows) device.streams.emplace(name, main);
  }
}

asio::awaitable<FieldResult<TriedDevice>> try_device(central::Central& central, const base::Clock& clock,
                                                     central::Device device) {
  auto good = central::checked(std::move(device));
  if (!good) co_return good.error();
  if (central::find_driver(good->driver)->dials_in) co_return TriedDevice{};
  if (!speaks_onvif(*good)) {
    auto played = co_await try_stream(central, clock, *good);
    co_return played;
  }
  auto contact = onvif_contact(central, *good, good->streams.at("main"));
  if (!contact) co_return FieldError{"address", contact.error()};
  auto asked = co_await try_onvif(clock, *std::move(contact));
  co_return asked;
}

}  // namespace watchrig::api
