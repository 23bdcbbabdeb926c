#include "system/devices/onvif/onvif_snapshot.hpp"

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

constexpr std::size_t largest_picture = std::size_t{4} << 20;

/// At the device itself, whatever host it names.
Result<http::FetchRequest> request_for(const std::string& uri, const OnvifClient::Options& device) {
  const auto& trust = device.trust;
  const auto url = boost::urls::parse_uri(uri);
  const bool tls = url && url->scheme() == "https" && trust;
  // There is no way back from HTTPS into the clear, where an account would be shown to whoever is on the way.
  if (!tls && (!url || url->scheme() != "http" || device.address.tls)) {
    return Error{ErrorKind::unsupported,
                 fmt::format("{}: what it names as its picture is no http{}:// address", device.address.host,
                             device.address.tls ? "s" : "")};
  }
  http::FetchRequest request;
  request.host = device.address.host;
  request.port = tls ? 443 : 80;
  if (url->has_port() && url->port_number() != 0) request.port = url->port_number();
  if (tls) request.tls = trust();
  request.target = std::string(url->encoded_target().empty() ? "/" : std::string(url->encoded_target()));
  request.max_body_bytes = largest_picture;
  request.deadline = device.deadline;
  request.dialer = device.dialer;
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

}  // namespace

asio::awaitable<Result<std::string>> take_snapshot(const base::Clock& clock, OnvifClient::Options device,
                                                   OnvifStreamChoice choice) {
  OnvifClient client(clock, device);
  const auto services = co_await OnvifServices::meet(client);
  if (!services) co_return services.error();
  const auto media = co_await OnvifMedia::find(client, *services);
  if (!media) co_return media.error();
  const auto profile =
      choose_profile(media->profiles, choice.channel, choice.stream, client.address().profile);
  if (!profile) co_return profile.error();
  const OnvifClient::Fill token = [&](pugi::xml_node request) {
    protocols::add(request, media->operation("ProfileToken"), profile->token);
  };
  const auto told = co_await client.ask(media->path, media->operation("GetSnapshotUri"), token);
  if (!told) co_return told.error();
  const char* where = media->newer() ? "Uri" : "MediaUri/Uri";
  auto request = request_for(protocols::text_at(told->content(), where), device);
  if (!request) co_return request.error();
  auto picture = co_await fetch_picture(*std::move(request), device.credentials);
  co_return picture;
}

}  // namespace watchrig::devices
