#include "system/devices/onvif/onvif_media.hpp"

#include <fmt/format.h>

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;

std::string OnvifMedia::operation(std::string_view name) const { return fmt::format("{}:{}", prefix, name); }

asio::awaitable<base::Result<OnvifMedia>> OnvifMedia::ask(OnvifClient& client, const OnvifServices& services,
                                                          std::string version) {
  OnvifMedia media{version, services.path(version), {}};
  const OnvifClient::Fill fill = [newer = media.newer()](pugi::xml_node node) {
    if (!newer) return;
    protocols::add(node, "tr2:Type", "VideoSource");
    protocols::add(node, "tr2:Type", "VideoEncoder");
  };
  const auto answer = co_await client.ask(media.path, media.operation("GetProfiles"), fill);
  if (!answer) co_return answer.error();
  media.profiles = read_profiles(answer->content());
  co_return media;
}

asio::awaitable<base::Result<OnvifMedia>> OnvifMedia::find(OnvifClient& client,
                                                           const OnvifServices& services) {
  base::Result<OnvifMedia> found =
      Error{ErrorKind::unsupported, client.address().host + ": the device has no ONVIF media service"};
  for (const auto version : versions) {
    if (!services.has(version)) continue;
    auto media = co_await ask(client, services, std::string(version));
    found = std::move(media);
    if (found || found.error().kind == ErrorKind::denied) break;
  }
  co_return found;
}

}  // namespace watchrig::devices
