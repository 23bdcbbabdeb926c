#include "system/devices/onvif/onvif_name.hpp"

#include <algorithm>
#include <vector>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using protocols::add;
using protocols::text_at;

namespace {

constexpr std::string_view name_scope = "onvif://www.onvif.org/name/";
constexpr std::size_t most_scopes = 256, longest_label = 63;

/// RFC 1123, 2.1.
bool is_host_label(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= longest_label && name.front() != '-' && name.back() != '-' &&
         std::ranges::all_of(name, fits);
}

struct Scopes {
  std::vector<std::string> configurable;
  bool name_is_fixed = false;
};

asio::awaitable<base::Result<Scopes>> read_scopes(OnvifClient& client) {
  const auto answer = co_await client.ask(client.address().path, "tds:GetScopes", {});
  if (!answer) co_return answer.error();
  Scopes scopes;
  for (const auto& node : protocols::children(answer->content(), "Scopes")) {
    auto item = text_at(node, "ScopeItem");
    if (text_at(node, "ScopeDef") == "Fixed") {
      scopes.name_is_fixed = scopes.name_is_fixed || item.starts_with(name_scope);
    } else if (scopes.configurable.size() < most_scopes) {
      scopes.configurable.push_back(std::move(item));
    }
  }
  co_return scopes;
}

/// Whether the device has it then.
asio::awaitable<base::Result<bool>> set_scope(OnvifClient& client, std::string name) {
  const auto before = co_await read_scopes(client);
  if (!before) co_return before.error();
  if (before->name_is_fixed) co_return false;
  const auto wanted = std::string(name_scope) + boost::urls::encode(name, boost::urls::unreserved_chars);
  // All at once, so that there is never a moment without a name.
  const OnvifClient::Fill fill = [&before, &wanted](pugi::xml_node request) {
    for (const auto& scope : before->configurable) {
      if (!scope.starts_with(name_scope)) add(request, "tds:Scopes", scope);
    }
    add(request, "tds:Scopes", wanted);
  };
  const auto set = co_await client.ask(client.address().path, "tds:SetScopes", fill);
  if (!set) co_return set.error();
  const auto after = co_await read_scopes(client);
  if (!after) co_return after.error();
  co_return std::ranges::find(after->configurable, wanted) != after->configurable.end();
}

}  // namespace

asio::awaitable<base::Result<std::string>> push_name(const base::Clock& clock, OnvifClient::Options device,
                                                     std::string name) {
  OnvifClient client(clock, std::move(device));
  const auto told = co_await client.take_clock();
  if (!told) co_return told.error();
  const auto scope = co_await set_scope(client, name);
  if (scope && *scope) co_return std::string("scope");
  if (!scope && scope.error().kind != ErrorKind::unsupported) co_return scope.error();
  if (!is_host_label(name)) {
    co_return Error{ErrorKind::unsupported,
                    "the device takes a name of letters, digits and hyphens only, at most 63"};
  }
  const OnvifClient::Fill fill = [name](pugi::xml_node request) { add(request, "tds:Name", name); };
  const auto set = co_await client.ask(client.address().path, "tds:SetHostname", fill);
  if (!set) co_return set.error();
  co_return std::string("hostname");
}

}  // namespace watchrig::devices
