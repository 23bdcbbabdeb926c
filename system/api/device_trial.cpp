#include "system/api/device_trial.hpp"

#include <algorithm>
#include <set>

#include <boost/asio/this_coro.hpp>

#include "system/api/device_contact.hpp"
#include "system/central/certificates/device_trust.hpp"
#include "system/devices/onvif/onvif_media.hpp"
#include "system/media/rtsp_client.hpp"

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

/// As its media profiles name them; one where its address names a profile.
asio::awaitable<FieldResult<std::uint32_t>> video_sources(devices::OnvifClient& client) {
  if (!client.address().profile.empty()) co_return 1U;
  const auto services = co_await devices::OnvifServices::find(client);
  if (!services) co_return field_error(services.error(), "driver");
  const auto media = co_await devices::OnvifMedia::find(client, *services);
  if (!media && media.error().kind == ErrorKind::unsupported) co_return 0U;
  if (!media) co_return field_error(media.error(), "driver");
  std::set<std::string> sources;
  for (const auto& profile : media->profiles) sources.insert(profile.source);
  co_return static_cast<std::uint32_t>(std::min<std::size_t>(sources.size(), central::Device::most_channels));
}

asio::awaitable<FieldResult<std::uint32_t>> try_onvif(const base::Clock& clock,
                                                      devices::OnvifClient::Options device) {
  device.deadline = patience;
  devices::OnvifClient client(clock, std::move(device));
  const auto offset = co_await client.take_clock();
  if (!offset) co_return field_error(offset.error(), "driver");
  const auto told = co_await client.ask(client.address().path, "tds:GetDeviceInformation", {});
  if (!told) co_return field_error(told.error(), "driver");
  const auto sources = co_await video_sources(client);
  co_return sources;
}

asio::awaitable<FieldResult<std::uint32_t>> try_stream(central::Central& central, const base::Clock& clock,
                                                       central::Device device) {
  media::RtspClient::Options options;
  options.url = streams_of(device, device.channels.front()).at("main");
  options.credentials = {device.username, device.password};
  if (uses_tls(device)) options.trusted = central.device_trust().of(device)();
  options.transport = rtsp_transport(device);
  options.connect_timeout = options.request_timeout = patience;
  media::RtspClient client(co_await asio::this_coro::executor, clock, std::move(options));
  const auto started = co_await client.start();
  if (started) co_await client.stop();
  if (!started) co_return field_error(started.error(), "streams.main");
  co_return 0U;
}

}  // namespace

asio::awaitable<FieldResult<std::uint32_t>> try_device(central::Central& central, const base::Clock& clock,
                                                       central::Device device) {
  auto good = central::checked(std::move(device));
  if (!good) co_return good.error();
  if (central::find_driver(good->driver)->dials_in) co_return 0U;
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
