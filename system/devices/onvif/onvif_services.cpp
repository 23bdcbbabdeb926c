#include "system/devices/onvif/onvif_services.hpp"

#include <boost/url/parse.hpp>

namespace watchrig::devices {

namespace asio = boost::asio;
using protocols::add;
using protocols::text_at;

namespace {

constexpr std::string_view known[] = {"trt", "tr2", "timg", "tptz", "tev", "tan", "tmd", "trc", "tse", "trp"};

/// Elements of GetCapabilities and the services that they tell of.
constexpr std::pair<const char*, const char*> capabilities[] = {
    {"Capabilities/Media/XAddr", "trt"},
    {"Capabilities/Imaging/XAddr", "timg"},
    {"Capabilities/PTZ/XAddr", "tptz"},
    {"Capabilities/Events/XAddr", "tev"},
    {"Capabilities/Analytics/XAddr", "tan"},
    {"Capabilities/Extension/DeviceIO/XAddr", "tmd"},
    {"Capabilities/Extension/Recording/XAddr", "trc"},
    {"Capabilities/Extension/Search/XAddr", "tse"},
    {"Capabilities/Extension/Replay/XAddr", "trp"}};

std::string path_of(const std::string& address) {
  const auto url = boost::urls::parse_uri(address);
  return url ? std::string(url->encoded_target()) : std::string();
}

}  // namespace

std::string OnvifServices::path(std::string_view prefix) const {
  const auto found = paths_.find(prefix);
  return found == paths_.end() ? std::string() : found->second;
}

asio::awaitable<base::Result<OnvifServices>> OnvifServices::meet(OnvifClient& client) {
  const auto clock = co_await client.take_clock();
  if (!clock) co_return clock.error();
  co_return co_await find(client);
}

asio::awaitable<base::Result<OnvifServices>> OnvifServices::find(OnvifClient& client) {
  OnvifServices services;
  const auto listed = co_await client.ask(client.address().path, "tds:GetServices", [](pugi::xml_node node) {
    add(node, "tds:IncludeCapability", "false");
  });
  if (!listed && listed.error().kind == base::ErrorKind::denied) co_return listed.error();
  if (listed) {
    for (const auto& service : protocols::children(listed->content(), "Service")) {
      const auto uri = text_at(service, "Namespace");
      for (const auto prefix : known) {
        if (uri != protocols::uri_of_prefix(prefix)) continue;
        if (auto path = path_of(text_at(service, "XAddr")); !path.empty())
          services.paths_.emplace(prefix, path);
      }
    }
    if (services.has("trt") || services.has("tr2")) co_return services;
  }
  const auto older = co_await client.ask(client.address().path, "tds:GetCapabilities",
                                         [](pugi::xml_node node) { add(node, "tds:Category", "All"); });
  if (!older) co_return older.error();
  for (const auto& [element, prefix] : capabilities) {
    if (auto path = path_of(text_at(older->content(), element)); !path.empty()) {
      services.paths_.emplace(prefix, path);
    }
  }
  co_return services;
}

}  // namespace watchrig::devices
