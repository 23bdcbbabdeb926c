#include "system/devices/onvif/onvif_locator.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <fmt/format.h>

#include "system/devices/onvif/onvif_profiles.hpp"
#include "system/devices/onvif/onvif_services.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using protocols::add;
using protocols::text_at;

namespace {

/// The device's rtsp:// address with the host by which we reach it, and without an account.
base::Result<std::string> reachable(const std::string& uri, const std::string& host) {
  const auto parsed = boost::urls::parse_uri(uri);
  if (!parsed || parsed->scheme() != "rtsp") {
    return Error{ErrorKind::unsupported, "what the device names as its stream is no rtsp:// address"};
  }
  boost::urls::url url(*parsed);
  url.remove_userinfo();
  url.set_encoded_host(host.find(':') == std::string::npos ? host : "[" + host + "]");
  return std::string(url.buffer());
}

class OnvifLocator final : public StreamLocator {
 public:
  OnvifLocator(const base::Clock& clock, OnvifClient::Options options, OnvifStreamChoice choice)
      : client_(clock, std::move(options)), choice_(std::move(choice)) {}

  asio::awaitable<base::Result<std::string>> locate() override;

 private:
  asio::awaitable<base::Result<std::string>> ask_version1(std::string path);
  asio::awaitable<base::Result<std::string>> ask_version2(std::string path);
  base::Result<OnvifProfile> choose(const protocols::SoapMessage& answer) const;

  OnvifClient client_;
  const OnvifStreamChoice choice_;
};

asio::awaitable<base::Result<std::string>> OnvifLocator::locate() {
  const auto clock = co_await client_.take_clock();
  if (!clock) co_return clock.error();
  const auto services = co_await OnvifServices::find(client_);
  if (!services) co_return services.error();
  if (services->has("tr2")) {
    auto uri = co_await ask_version2(services->path("tr2"));
    // A device that announces version 2 need not have it in working order.
    const bool usable =
        uri || uri.error().kind == ErrorKind::denied || uri.error().kind == ErrorKind::not_found;
    if (usable || !services->has("trt")) co_return uri;
  }
  if (!services->has("trt")) co_return Error{ErrorKind::unsupported, "the device has no ONVIF media service"};
  co_return co_await ask_version1(services->path("trt"));
}

base::Result<OnvifProfile> OnvifLocator::choose(const protocols::SoapMessage& answer) const {
  return choose_profile(read_profiles(answer.content()), choice_.channel, choice_.stream,
                        client_.address().profile);
}

asio::awaitable<base::Result<std::string>> OnvifLocator::ask_version1(std::string path) {
  const auto profiles = co_await client_.ask(path, "trt:GetProfiles", {});
  if (!profiles) co_return profiles.error();
  const auto profile = choose(*profiles);
  if (!profile) co_return profile.error();
  const auto answer = co_await client_.ask(path, "trt:GetStreamUri", [this, &profile](pugi::xml_node node) {
    auto setup = add(node, "trt:StreamSetup");
    add(setup, "tt:Stream", "RTP-Unicast");
    add(add(setup, "tt:Transport"), "tt:Protocol", choice_.udp ? "UDP" : "RTSP");
    add(node, "trt:ProfileToken", profile->token);
  });
  if (!answer) co_return answer.error();
  co_return reachable(text_at(answer->content(), "MediaUri/Uri"), client_.address().host);
}

asio::awaitable<base::Result<std::string>> OnvifLocator::ask_version2(std::string path) {
  const auto profiles = co_await client_.ask(path, "tr2:GetProfiles", [](pugi::xml_node node) {
    add(node, "tr2:Type", "VideoSource");
    add(node, "tr2:Type", "VideoEncoder");
  });
  if (!profiles) co_return profiles.error();
  const auto profile = choose(*profiles);
  if (!profile) co_return profile.error();
  const auto answer = co_await client_.ask(path, "tr2:GetStreamUri", [this, &profile](pugi::xml_node node) {
    add(node, "tr2:Protocol", choice_.udp ? "RtspUnicast" : "RTSP");
    add(node, "tr2:ProfileToken", profile->token);
  });
  if (!answer) co_return answer.error();
  co_return reachable(text_at(answer->content(), "Uri"), client_.address().host);
}

}  // namespace

std::unique_ptr<StreamLocator> make_onvif_locator(const base::Clock& clock, OnvifClient::Options options,
                                                  OnvifStreamChoice choice) {
  return std::make_unique<OnvifLocator>(clock, std::move(options), std::move(choice));
}

}  // namespace watchrig::devices
