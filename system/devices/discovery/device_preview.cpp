#include "system/devices/discovery/device_preview.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "system/devices/onvif/onvif_media.hpp"
#include "system/http/http_fetch.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto patience = std::chrono::seconds(3);
constexpr std::size_t largest_picture = std::size_t{4} << 20;

/// At the device itself, whatever host it names.
Result<http::FetchRequest> request_for(const std::string& uri, const OnvifAddress& device) {
  const auto url = boost::urls::parse_uri(uri);
  if (!url || url->scheme() != "http") {
    return Error{ErrorKind::unsupported,
                 device.host + ": what it names as its picture is no http:// address"};
  }
  http::FetchRequest request;
  request.host = device.host;
  request.port = url->has_port() && url->port_number() != 0 ? url->port_number() : std::uint16_t{80};
  request.target = std::string(url->encoded_target().empty() ? "/" : std::string(url->encoded_target()));
  request.max_body_bytes = largest_picture;
  request.deadline = patience;
  return request;
}

asio::awaitable<Result<std::string>> fetch_picture(http::FetchRequest request, media::Credentials account) {
  auto answer = co_await http::fetch(request);
  if (answer && answer->status == 401) {
    media::AuthClient digest(std::move(account), false);
    if (const auto taken = digest.challenged(http::header_values(*answer, "WWW-Authenticate")); !taken)
      co_return taken.error();
    if (auto signature = digest.authorization("GET", request.target)) {
      request.headers.emplace_back("Authorization", *std::move(signature));
    }
    auto again = co_await http::fetch(request);
    answer = std::move(again);
  }
  if (!answer) co_return answer.error();
  if (answer->status == 200 && answer->body.starts_with("\xff\xd8")) co_return std::move(answer->body);
  co_return Error{ErrorKind::unavailable,
                  fmt::format("{}: its picture is answered with status {}", request.host, answer->status)};
}

asio::awaitable<Result<std::string>> preview_by(OnvifClient client, media::Credentials account) {
  const auto services = co_await OnvifServices::meet(client);
  if (!services) co_return services.error();
  const auto media = co_await OnvifMedia::find(client, *services);
  if (!media) co_return media.error();
  const auto profile = choose_profile(media->profiles, 1, "main", {});
  if (!profile) co_return profile.error();
  const OnvifClient::Fill token = [&](pugi::xml_node request) {
    protocols::add(request, media->operation("ProfileToken"), profile->token);
  };
  const auto told = co_await client.ask(media->path, media->operation("GetSnapshotUri"), token);
  if (!told) co_return told.error();
  const char* where = media->newer() ? "Uri" : "MediaUri/Uri";
  auto request = request_for(protocols::text_at(told->content(), where), client.address());
  if (!request) co_return request.error();
  auto picture = co_await fetch_picture(*std::move(request), std::move(account));
  co_return picture;
}

}  // namespace

asio::awaitable<Result<std::string>> preview_device(const base::Clock& clock, FoundDevice device,
                                                    std::vector<media::Credentials> accounts) {
  device.initialised.reset();
  device = co_await ask_found(clock, std::move(device));
  if (device.initialised && !*device.initialised) {
    co_return Error{ErrorKind::conflict, device.service.host + " has no administrator; initialise it first"};
  }
  Result<std::string> result = Error{ErrorKind::denied, device.service.host + ": there is no account to try"};
  for (const auto& account : accounts) {
    OnvifClient::Options options;
    options.address = device.service;
    options.credentials = account;
    options.deadline = patience;
    OnvifClient client(clock, std::move(options));
    auto picture = co_await preview_by(std::move(client), account);
    result = std::move(picture);
    if (result || result.error().kind != ErrorKind::denied) break;
  }
  co_return result;
}

}  // namespace watchrig::devices
