#include "system/devices/onvif/onvif_locator.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <fmt/format.h>

#include "system/devices/onvif/onvif_media.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using protocols::add;
using protocols::text_at;

namespace {

using Transport = media::RtspClient::Transport;

/// As version 1 and version 2 of the media service call it.
std::pair<const char*, const char*> names_of(Transport transport) {
  switch (transport) {
    case Transport::udp:
      return {"UDP", "RtspUnicast"};
    case Transport::http:
      return {"HTTP", "RtspOverHttp"};
    default:
      return {"RTSP", "RTSP"};
  }
}

}  // namespace

base::Result<std::string> reachable_stream(const std::string& uri, const std::string& host,
                                           Transport transport) {
  const auto parsed = boost::urls::parse_uri(uri);
  const std::string scheme = parsed ? std::string(parsed->scheme()) : "";
  const bool tunnelled = transport == Transport::http && (scheme == "http" || scheme == "https");
  if (!tunnelled && scheme != "rtsp" && scheme != "rtsps") {
    return Error{ErrorKind::unsupported,
                 fmt::format("what the device names as its stream is no rtsp[s]://{} address",
                             transport == Transport::http ? " or http[s]://" : "")};
  }
  boost::urls::url url(*parsed);
  url.remove_userinfo();
  url.set_encoded_host(host.find(':') == std::string::npos ? host : "[" + host + "]");
  return std::string(url.buffer());
}

namespace {

class OnvifLocator final : public StreamLocator {
 public:
  OnvifLocator(const base::Clock& clock, OnvifClient::Options options, OnvifStreamChoice choice)
      : client_(clock, std::move(options)), choice_(std::move(choice)) {}

  asio::awaitable<base::Result<std::string>> locate() override;

 private:
  asio::awaitable<base::Result<std::string>> stream_address(OnvifMedia media);

  OnvifClient client_;
  const OnvifStreamChoice choice_;
};

asio::awaitable<base::Result<std::string>> OnvifLocator::locate() {
  const auto services = co_await OnvifServices::meet(client_);
  if (!services) co_return services.error();
  base::Result<std::string> found =
      Error{ErrorKind::unsupported, client_.address().host + ": the device has no ONVIF media service"};
  for (const auto version : OnvifMedia::versions) {
    if (!services->has(version)) continue;
    auto media = co_await OnvifMedia::ask(client_, *services, std::string(version));
    if (media) {
      auto address = co_await stream_address(*std::move(media));
      found = std::move(address);
    } else {
      found = media.error();
    }
    // A device that announces a version need not have it in working order.
    if (found || found.error().kind == ErrorKind::denied || found.error().kind == ErrorKind::not_found) break;
  }
  co_return found;
}

asio::awaitable<base::Result<std::string>> OnvifLocator::stream_address(OnvifMedia media) {
  const auto profile =
      choose_profile(media.profiles, choice_.channel, choice_.stream, client_.address().profile);
  if (!profile) co_return profile.error();
  const OnvifClient::Fill fill = [&](pugi::xml_node node) {
    if (media.newer()) {
      add(node, "tr2:Protocol", names_of(choice_.transport).second);
    } else {
      auto setup = add(node, "trt:StreamSetup");
      add(setup, "tt:Stream", "RTP-Unicast");
      add(add(setup, "tt:Transport"), "tt:Protocol", names_of(choice_.transport).first);
    }
    add(node, media.operation("ProfileToken"), profile->token);
  };
  const auto answer = co_await client_.ask(media.path, media.operation("GetStreamUri"), fill);
  if (!answer) co_return answer.error();
  co_return reachable_stream(text_at(answer->content(), media.newer() ? "Uri" : "MediaUri/Uri"),
                             client_.address().host, choice_.transport);
}

}  // namespace

std::unique_ptr<StreamLocator> make_onvif_locator(const base::Clock& clock, OnvifClient::Options options,
                                                  OnvifStreamChoice choice) {
  return std::make_unique<OnvifLocator>(clock, std::move(options), std::move(choice));
}

}  // namespace watchrig::devices
